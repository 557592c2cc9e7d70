import { connect } from 'node:net';
import { createServer, TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { type NntpOptions, nntp, openConnection } from '../../src/index.js';
import { testCertificates } from '../../src/testing.js';
import { closing, provider, server, testContext } from '../provider/harness.js';
import { rawServer } from './raw-server.js';

const users = { alice: 's3cret' };
const alice = { username: 'alice', password: 's3cret' };

describe('logging in', () => {
  it('works with a password, and with functions that are asked for each login', async () => {
    const on = await server({ users });
    let asked = 0;
    const password = async () => {
      asked++;
      return 's3cret';
    };
    const tested = provider(on, { username: () => 'alice', password, connections: 2 });
    await tested.warm(2);
    expect([on.counts().logins, asked, tested.stats().connectionsOpen]).toEqual([2, 2, 2]);
  });

  it('disables the provider when the password is wrong, after few attempts', async () => {
    const on = await server({ users });
    const context = testContext();
    const tested = provider(on, { username: 'alice', password: 'wrong', connections: 20 }, context);
    const asked = await Promise.allSettled(Array.from({ length: 20 }, () => tested.fetch('a@b')));
    for (const result of asked)
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'ERR_PROVIDER_AUTH', provider: 'test' } });
    await expect(tested.fetch('a@b')).rejects.toMatchObject({ code: 'ERR_PROVIDER_AUTH' });
    expect(tested.stats()).toMatchObject({ state: 'disabled', freeSlots: 0 });
    expect(tested.reserve({ lane: 'playback', bytes: 1 })).toBeUndefined();
    expect(on.counts().loginAttempts).toBeLessThanOrEqual(3);
    expect(context.of('provider:degraded')).toEqual([
      { provider: 'test', disabled: true, cause: expect.objectContaining({ code: 'ERR_PROVIDER_AUTH' }) },
    ]);
    expect(context.ledger.usedBytes).toBe(0);
  });

  it('says what is wrong with it, and notices when it is right again', async () => {
    const on = await server({ users });
    let password = 'wrong';
    const tested = provider(on, { username: 'alice', password: () => password });
    expect(await tested.check()).toMatchObject({ ok: false, message: expect.stringContaining('refused the login') });
    password = 's3cret';
    expect(await tested.check()).toMatchObject({ ok: true, message: expect.stringContaining('works') });
    expect(tested.stats().state).toBe('ready');
  });

  it('never sends a password in plain text to another machine unless told to', async () => {
    const on = await server({ users });
    // The name is not this machine's, the socket is: what a proxy or tunnel looks like.
    const far: NntpOptions = {
      ...{ host: 'news.example.com', tls: false, name: 'far', ...alice },
      connect: () => connect(on.port, on.host),
    };
    const guarded = closing(nntp(far)(testContext()));
    await expect(guarded.fetch('a@b')).rejects.toMatchObject({
      code: 'ERR_PROVIDER_AUTH',
      message: expect.stringContaining('plain text'),
    });
    expect(on.counts().commands).toEqual({});
    const trusting = closing(nntp({ ...far, allowPlaintext: true })(testContext()));
    await trusting.warm(1);
    expect(on.counts().logins).toBe(1);
  });

  it('fails without a login where one is wanted', async () => {
    const on = await server({ users });
    const tested = provider(on);
    await expect(tested.fetch('a@b')).rejects.toMatchObject({
      code: 'ERR_PROVIDER_AUTH',
      message: expect.stringContaining('none is configured'),
    });
  });

  it('logs in again when the server forgets, once', async () => {
    const on = await server({ users });
    const file = await on.post({ name: 'a', bytes: { size: 1000, seed: 1 } });
    const id = file.segments[0]?.id as string;
    on.fault(id, { type: 'reply', code: 480, times: 1 });
    const tested = provider(on, { ...alice, connections: 1 });
    (await tested.fetch(id)).release();
    // The second USER is answered with "already authenticated", as nnrpd does; that is as good.
    expect(on.counts()).toMatchObject({ connections: 1, commands: { AUTHINFO: 3, BODY: 2 } });
    on.fault(id, { type: 'reply', code: 480 });
    await expect(tested.fetch(id)).rejects.toMatchObject({ code: 'ERR_PROVIDER_AUTH' });
  });

  it('switches a mode-switching server to readers', async () => {
    const seen: string[] = [];
    const on = closing(
      await rawServer(async (socket, lines) => {
        socket.write('201 transit server\r\n');
        let reader = false;
        for await (const line of lines) {
          seen.push(line);
          if (line === 'MODE READER') reader = true;
          const user = reader ? '381 more' : '500 What?';
          const answers: Record<string, string> = {
            'MODE READER': '200 hi',
            'AUTHINFO USER alice': user,
            'AUTHINFO PASS s3cret': '281 ok',
            QUIT: '205 bye',
          };
          socket.write(`${answers[line] ?? '500 ?'}\r\n`);
        }
      }),
    );
    const connection = await openConnection({ host: '127.0.0.1', port: on.port, tls: false, ...alice });
    await connection.close();
    expect(seen).toEqual(['AUTHINFO USER alice', 'MODE READER', 'AUTHINFO USER alice', 'AUTHINFO PASS s3cret', 'QUIT']);
  });

  it('lets no line break into a command', async () => {
    expect(() => nntp({ host: 'a', username: 'x\r\nQUIT', password: 'y' })).toThrow(/line breaks/);
    const on = await server({ users });
    const tested = provider(on, { username: 'alice', password: () => 'a\r\nBODY <b@c>' });
    await expect(tested.fetch('a@b')).rejects.toMatchObject({ code: 'ERR_PROVIDER_AUTH' });
    expect(on.counts().commands).toEqual({});
  });

  it('keeps the password out of errors and of everything that can be printed', async () => {
    const on = await server({ users });
    const context = testContext();
    const tested = provider(on, { username: 'alice', password: 'hunter2' }, context);
    const error = await tested.fetch('a@b').catch((cause: Error) => cause);
    const printed = JSON.stringify([context.facts, tested, tested.stats()]) + String(error) + (error as Error).stack;
    expect(printed).not.toContain('hunter2');
  });
});

describe('TLS', () => {
  it('verifies the certificate, and says which is wrong', async () => {
    const on = await server({ users, tls: true });
    const port = on.tlsPort as number;
    const untrusting = provider(on, { ...alice, port, tls: true });
    expect(await untrusting.check()).toMatchObject({ ok: false, message: expect.stringContaining('certificate') });
    expect(on.counts().loginAttempts).toBe(0);
    const otherName = provider(on, { ...alice, port, tls: { ca: on.ca, servername: 'news.example.com' } });
    expect(await otherName.check()).toMatchObject({ ok: false, message: expect.stringContaining('certificate') });
    const trusting = provider(on, { ...alice, port, tls: { ca: on.ca } });
    expect(await trusting.check()).toMatchObject({ ok: true, message: expect.stringContaining('with TLS') });
  });

  it('resumes its session on further connections', async () => {
    const resumed: boolean[] = [];
    const { localhost: certificate, ca } = testCertificates;
    const tls = createServer({ key: certificate.key, cert: certificate.cert }, (socket) => {
      resumed.push(socket.isSessionReused());
      socket.on('error', () => {});
      socket.write('200 hi\r\n');
      socket.on('data', () => socket.end('205 bye\r\n'));
    });
    await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
    const { port } = tls.address() as { port: number };
    const tested = closing(nntp({ host: '127.0.0.1', port, tls: { ca } })(testContext()));
    await tested.warm(1);
    // The ticket comes after the greeting.
    await new Promise((resolve) => setTimeout(resolve, 50));
    await tested.warm(2);
    await tested.close();
    await new Promise((resolve) => tls.close(resolve));
    expect(resumed).toEqual([false, true]);
  });

  it('upgrades with STARTTLS before logging in', async () => {
    const on = await server({ users, tls: 'starttls' });
    const file = await on.post({ name: 'a', bytes: { size: 300_000, seed: 1 } });
    const tested = provider(on, { ...alice, tls: { starttls: true, ca: on.ca } });
    const article = await tested.fetch(file.segments[0]?.id as string);
    expect(Buffer.compare(article.bytes, file.read({ start: 0, end: file.size }))).toBe(0);
    article.release();
    expect(on.log().map((entry) => entry.line.split(' ')[0])).toEqual(['STARTTLS', 'AUTHINFO', 'AUTHINFO', 'BODY']);
  });

  it('never falls back to plain text where STARTTLS is refused', async () => {
    const on = await server({ users });
    const tested = provider(on, { ...alice, tls: 'starttls' });
    expect(await tested.check()).toMatchObject({ ok: false, message: expect.stringContaining('STARTTLS') });
    expect(on.counts().loginAttempts).toBe(0);
  });

  it('throws away what was slipped in before the upgrade', async () => {
    const { localhost: certificate, ca } = testCertificates;
    const seen: string[] = [];
    const on = closing(
      await rawServer((socket) => {
        socket.write('200 hi\r\n');
        socket.once('data', () => {
          // An attacker in the middle adds an answer in plain text behind the server's own.
          socket.write('382 go on\r\n281 you are logged in, attacker says\r\n');
          const secured = new TLSSocket(socket, { isServer: true, key: certificate.key, cert: certificate.cert });
          secured.on('error', () => {});
          secured.on('data', (chunk) => {
            const line = String(chunk).trim();
            seen.push(line);
            secured.write(
              line.includes('USER') ? '381 more\r\n' : line.includes('PASS') ? '281 ok\r\n' : '205 bye\r\n',
            );
          });
        });
      }),
    );
    const connection = await openConnection({
      ...{ host: '127.0.0.1', port: on.port, tls: { starttls: true, ca } },
      ...alice,
    });
    expect(connection.encrypted).toBe(true);
    expect(seen).toEqual(['AUTHINFO USER alice', 'AUTHINFO PASS s3cret']);
    await connection.close();
  });

  it('goes on top of a custom connection', async () => {
    const on = await server({ users, tls: true });
    const file = await on.post({ name: 'a', bytes: { size: 300_000, seed: 1 } });
    const tested = provider(on, {
      ...alice,
      host: 'localhost',
      tls: { ca: on.ca },
      connect: ({ signal }) => connect({ port: on.tlsPort as number, host: on.host, signal }),
    });
    const article = await tested.fetch(file.segments[0]?.id as string);
    expect(Buffer.compare(article.bytes, file.read({ start: 0, end: file.size }))).toBe(0);
    article.release();
  });
});
