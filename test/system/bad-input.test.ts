import { createEngine, type NewsreelError } from '@newsreel/core';
import { type NntpOptions, nntp } from '@newsreel/nntp';
import { type NewsServer, type NewsServerOptions, startNewsServer } from '@newsreel/nntp/testing';
import { afterEach, describe, expect, it } from 'vitest';

const servers: NewsServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});
const start = async (options: NewsServerOptions) => {
  const server = await startNewsServer(options);
  servers.push(server);
  return server;
};

/** What a first read through this provider ends in, and after how long. */
async function failureOf(options: NntpOptions): Promise<{ error: NewsreelError; checked: string; tookMs: number }> {
  const engine = await createEngine({ providers: [nntp({ name: 'news', connections: 2, ...options })] });
  const nzb = `<nzb xmlns="http://www.newzbin.com/DTD/2003/nzb"><file subject="&quot;a.bin&quot; (1/1)"><groups><group>a.b</group></groups><segments><segment bytes="1000" number="1">one@test</segment></segments></file></nzb>`;
  const began = performance.now();
  try {
    const release = await engine.library.add(nzb, { resolve: 'none' });
    const error = (await engine.library.open(`${release.path}/a.bin`).catch((caught) => caught)) as NewsreelError;
    const tookMs = performance.now() - began;
    const [check] = await engine.check();
    expect(check?.ok).toBe(false);
    return { error, checked: check?.message ?? '', tookMs };
  } finally {
    await engine.close();
  }
}

/** The errors from outermost to innermost, so that a test can look for one anywhere in the chain. */
function codes(error: unknown): string[] {
  if (typeof error !== 'object' || error === null) return [];
  const { code, cause, errors } = error as { code?: string; cause?: unknown; errors?: unknown[] };
  return [...(code ? [code] : []), ...codes(cause), ...(errors ?? []).flatMap(codes)];
}

describe('what is wrong is said, typed, within its deadline', () => {
  it('a wrong password', async () => {
    const server = await start({ users: { alice: 'right' } });
    const { error, checked } = await failureOf({
      host: server.host,
      port: server.port,
      tls: false,
      username: 'alice',
      password: 'wrong',
    });
    expect(codes(error)).toContain('ERR_PROVIDER_AUTH');
    expect(`${error.message} ${checked}`).not.toContain('wrong');
    expect(checked).toMatch(/password|login|user/i);
    expect(server.counts().loginAttempts).toBeLessThanOrEqual(4);
  });

  it('a certificate nobody vouches for', async () => {
    const server = await start({ tls: true });
    const { error, checked } = await failureOf({ host: server.host, port: server.tlsPort ?? server.port });
    expect(codes(error)).toContain('ERR_PROVIDER_UNAVAILABLE');
    expect(checked).toMatch(/certificate/i);
  });

  it('a port where nobody listens', async () => {
    const server = await start({});
    const { port } = server;
    await server.close();
    const { error, checked, tookMs } = await failureOf({
      host: '127.0.0.1',
      port,
      tls: false,
      deadlines: { connectMs: 2000 },
    });
    expect(codes(error)).toContain('ERR_PROVIDER_UNAVAILABLE');
    expect(checked).toMatch(/refused|connect/i);
    expect(tookMs).toBeLessThan(60_000);
  });

  it('a host that accepts and never greets', async () => {
    const server = await start({ greeting: false });
    const { error, tookMs } = await failureOf({
      host: server.host,
      port: server.port,
      tls: false,
      deadlines: { greetingMs: 300 },
    });
    expect(codes(error)).toContain('ERR_TIMEOUT');
    expect(tookMs).toBeLessThan(60_000);
  });
});

describe('bad NZBs', () => {
  it.each([
    ['nothing', ''],
    ['not XML', 'hello'],
    ['another document', '<html><body/></html>'],
    ['cut off', '<nzb><file subject="a"><segments><segment number="1" bytes="1">a@b'],
    ['without files', '<nzb xmlns="http://www.newzbin.com/DTD/2003/nzb"></nzb>'],
    [
      'an entity bomb',
      '<!DOCTYPE nzb [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]><nzb><file subject="&b;"/></nzb>',
    ],
    ['an external entity', '<!DOCTYPE nzb [<!ENTITY x SYSTEM "file:///etc/passwd">]><nzb><file subject="&x;"/></nzb>'],
    ['binary', Buffer.from([0, 1, 2, 3, 0xff, 0xfe])],
  ])('%s', async (_what, nzb) => {
    const engine = await createEngine({ providers: [nntp({ host: '127.0.0.1', port: 9, tls: false })] });
    try {
      await expect(engine.library.add(nzb)).rejects.toMatchObject({ code: 'ERR_NZB_INVALID' });
      expect(engine.library.releases()).toEqual([]);
    } finally {
      await engine.close();
    }
  });
});

describe('bad options', () => {
  it('lists everything that is wrong, and never the password', () => {
    const options = {
      host: '',
      conections: 5,
      port: 99_999,
      username: 'a',
      password: 'sec\r\nret',
    } as unknown as NntpOptions;
    try {
      nntp(options);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_CONFIG_INVALID' });
      const text = String((error as Error).message);
      for (const word of ['conections', 'host', 'port']) expect(text).toContain(word);
      expect(text).not.toContain('ret');
    }
  });
});
