import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type NntpOptions, nntp } from '../../src/index.js';
import { closing, idsOf, post, provider, server, testContext, until } from '../provider/harness.js';
import { rawServer } from './raw-server.js';

const on = (port: number, options: Partial<NntpOptions> = {}, context = testContext()) =>
  closing(nntp({ host: '127.0.0.1', port, tls: false, name: 'test', ...options })(context));

describe('dialling', () => {
  it('says that nobody listens', async () => {
    const gone = await server();
    const { port } = gone;
    await gone.close();
    const tested = on(port);
    expect(await tested.check()).toMatchObject({
      ok: false,
      message: expect.stringContaining('refused the connection'),
    });
    await expect(tested.fetch('a@b')).rejects.toMatchObject({ code: 'ERR_PROVIDER_UNAVAILABLE', provider: 'test' });
  });

  it('says that the name is unknown', async () => {
    const tested = closing(nntp({ host: 'no-such-host.invalid' })(testContext()));
    expect(await tested.check()).toMatchObject({ ok: false, message: expect.stringMatching(/no-such-host.invalid/) });
  });

  it('gives up on a server that never speaks', async () => {
    const silent = await server({ greeting: false });
    const tested = provider(silent, { deadlines: { greetingMs: 60 } });
    await expect(tested.fetch('a@b')).rejects.toMatchObject({ code: 'ERR_TIMEOUT', phase: 'greeting', afterMs: 60 });
    await until('the sockets are gone', () => silent.openConnections === 0);
  });

  it('gives up on a TLS handshake that never ends', async () => {
    const silent = closing(await rawServer((socket) => void socket.resume()));
    const tested = on(silent.port, { tls: true, deadlines: { connectMs: 60 } });
    expect(await tested.check()).toMatchObject({ ok: false, cause: { code: 'ERR_TIMEOUT', phase: 'connect' } });
    await until('the socket is gone', () => silent.sockets.size === 0);
  });

  it('gives up on a login that is never answered', async () => {
    const mute = closing(await rawServer((socket) => socket.write('200 hi\r\n')));
    const tested = on(mute.port, { username: 'a', password: 'b', deadlines: { loginMs: 60 } });
    await expect(tested.fetch('a@b')).rejects.toMatchObject({ code: 'ERR_TIMEOUT', phase: 'login' });
  });

  it.each(['HTTP/1.1 400 Bad Request\r\n\r\n', '\r\n\r\n', 'SSH-2.0-OpenSSH_9.2\r\n', '599 no\r\n'])(
    'does not take %j for a news server',
    async (greeting) => {
      const strange = closing(await rawServer((socket) => socket.write(greeting)));
      expect(await on(strange.port).check()).toMatchObject({ ok: false, cause: { code: 'ERR_PROVIDER_UNAVAILABLE' } });
    },
  );

  it('says that TLS is not what is spoken there', async () => {
    const plain = await server();
    const tested = provider(plain, { tls: true });
    expect(await tested.check()).toMatchObject({ ok: false, message: expect.stringMatching(/TLS/) });
  });

  it('can be called off', async () => {
    const silent = await server({ greeting: false });
    const tested = provider(silent);
    const reason = new Error('enough');
    const controller = new AbortController();
    const asked = tested.fetch('a@b', { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 20);
    await expect(asked).rejects.toBe(reason);
    await tested.close();
    await until('the socket is gone', () => silent.openConnections === 0);
  });

  it('pauses after failures instead of storming, and reports both ends', async () => {
    const flaky = await server({ greeting: '400 come back later' });
    const context = testContext();
    const tested = provider(flaky, { retryAfterMs: 50, connections: 20 }, context);
    await Promise.allSettled(Array.from({ length: 50 }, () => tested.fetch('a@b')));
    expect(tested.stats().state).toBe('degraded');
    await expect(tested.fetch('a@b')).rejects.toMatchObject({ message: expect.stringContaining('cooling down') });
    expect(flaky.counts().connections).toBeLessThanOrEqual(3);
    expect(context.of('provider:degraded')).toHaveLength(1);
    await until('the pause is over', () => tested.stats().state === 'ready');
    const { port } = flaky;
    await flaky.close();
    const back = await server({ port });
    const file = await post(back);
    await until('it is reachable', () => tested.stats().state === 'ready');
    (await tested.fetch(idsOf(file)[0] as string)).release();
    expect(context.of('provider:recovered')).toEqual([{ provider: 'test' }]);
  });
});

describe('a SOCKS5 proxy', () => {
  it('is used with its password, and resolves the name itself', async () => {
    const news = await server();
    const file = await post(news);
    const asked: string[] = [];
    const proxy = closing(await socksServer(news.port, asked));
    const tested = closing(
      nntp({ host: 'news.example.com', port: 4119, tls: false, socks: `socks5://bob:pw@127.0.0.1:${proxy.port}` })(
        testContext(),
      ),
    );
    const id = idsOf(file)[0] as string;
    const article = await tested.fetch(id);
    expect(Buffer.compare(article.bytes, file.read({ start: 0, end: 20_000 }))).toBe(0);
    article.release();
    expect(asked).toEqual(['bob:pw', 'news.example.com:4119']);
  });
});

/** As much of RFC 1928 and RFC 1929 as one client needs. */
async function socksServer(target: number, asked: string[]) {
  return rawServer((socket) => {
    let step = 0;
    socket.on('data', (chunk) => {
      if (step === 0) socket.write(Uint8Array.of(5, 2));
      else if (step === 1) {
        const nameEnd = 2 + (chunk[1] as number);
        asked.push(`${chunk.subarray(2, nameEnd)}:${chunk.subarray(nameEnd + 1)}`);
        socket.write(Uint8Array.of(1, 0));
      } else if (step === 2) {
        const end = 5 + (chunk[4] as number);
        asked.push(`${chunk.subarray(5, end)}:${chunk.readUInt16BE(end)}`);
        const onward = connect(target, '127.0.0.1', () => {
          socket.write(Uint8Array.of(5, 0, 0, 1, 127, 0, 0, 1, 0, 0));
          socket.removeAllListeners('data');
          socket.pipe(onward).pipe(socket);
        });
        onward.on('error', () => socket.destroy());
      }
      step++;
    });
  });
}
