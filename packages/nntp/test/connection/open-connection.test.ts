import { describe, expect, it } from 'vitest';
import { type NntpOptions, openConnection } from '../../src/index.js';
import { closing, idsOf, post, server, until } from '../provider/harness.js';

const users = { alice: 's3cret' };

async function opened(options: Partial<NntpOptions> = {}) {
  const on = await server({ users, tls: true });
  const file = await post(on);
  const connection = closing(
    await openConnection({
      ...{ host: on.host, port: on.tlsPort as number, tls: { ca: on.ca }, username: 'alice', password: 's3cret' },
      ...options,
    }),
  );
  return { on, file, connection, id: idsOf(file)[0] as string };
}

describe('a connection of your own', () => {
  it('gives raw articles, headers and answers, pipelined', async () => {
    const { connection, id, on } = await opened();
    const [article, head, body, there, gone, date, capabilities, help] = await Promise.all([
      connection.article(id),
      connection.head(id),
      connection.body(id),
      connection.stat(id),
      connection.stat('nowhere@x'),
      connection.date(),
      connection.capabilities(),
      connection.help(),
    ]);
    expect(connection.encrypted).toBe(true);
    expect(head.some((line) => line.startsWith('Message-ID: '))).toBe(true);
    const text = Buffer.from(article).toString('latin1');
    expect(text).toContain(`${head[0]}\r\n`);
    expect(text.endsWith(Buffer.from(body).toString('latin1'))).toBe(true);
    expect(Buffer.from(body).toString('latin1')).toMatch(/^=ybegin .*=yend [^\r]*\r\n$/s);
    expect([there, gone]).toEqual([true, false]);
    expect(Math.abs(date.getTime() - Date.now())).toBeLessThan(60_000);
    expect(capabilities).toContain('VERSION 2');
    expect(help.length).toBeGreaterThan(0);
    expect(on.counts().peakPipeline).toBeGreaterThan(3);
  });

  it('says what is missing', async () => {
    const { connection } = await opened();
    await expect(connection.article('nowhere@x')).rejects.toMatchObject({ code: 'ERR_ARTICLE_MISSING' });
    expect(await connection.group('alt.binaries.test')).toMatchObject({ name: 'alt.binaries.test' });
    await expect(connection.group('no.such.group')).rejects.toMatchObject({ code: 'ERR_PROVIDER_UNAVAILABLE' });
  });

  it('rejects when the login fails, leaving no socket', async () => {
    const on = await server({ users });
    const options = { host: on.host, port: on.port, tls: false, username: 'alice', password: 'wrong' };
    await expect(openConnection(options)).rejects.toMatchObject({ code: 'ERR_PROVIDER_AUTH' });
    await until('the socket is gone', () => on.openConnections === 0);
  });

  it('can be called off, while it is opened and later', async () => {
    const silent = await server({ greeting: false });
    const controller = new AbortController();
    const opening = openConnection({ host: silent.host, port: silent.port, tls: false }, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 20);
    await expect(opening).rejects.toThrow('enough');
    await until('the socket is gone', () => silent.openConnections === 0);
    const { connection, id } = await opened();
    await expect(connection.stat(id, { signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
    const late = new AbortController();
    const asked = connection.body(id, { signal: late.signal });
    late.abort(new Error('changed my mind'));
    await expect(asked).rejects.toThrow('changed my mind');
    expect(await connection.stat(id)).toBe(true);
  });

  it('says QUIT, once, and is closed then', async () => {
    const { connection, id, on } = await opened();
    await Promise.all([connection.close(), connection.close()]);
    expect(on.counts().commands['QUIT']).toBe(1);
    await expect(connection.stat(id)).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });
});
