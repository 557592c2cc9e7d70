import { createServer } from 'node:net';
import { ConfigInvalidError, ListenError } from '@newsreel/core';
import { adapterHost, memoryCatalog } from '@newsreel/core/testing';
import { describe, expect, it } from 'vitest';
import { type WebdavOptions, webdav } from '../src/index.js';
import { afterTest, dial, pattern, serve, until } from './support.js';

const make = (options?: WebdavOptions) => {
  const adapter = webdav(options);
  afterTest(() => adapter.close());
  return adapter;
};
const host = () => adapterHost(memoryCatalog({ '/a.txt': 'a' }));

describe('options', () => {
  it.each<[unknown, RegExp]>([
    [{ prot: 1 }, /Unrecognized key: "prot"/],
    [{ port: 70_000 }, /port/],
    [{ port: 1.5 }, /port/],
    [{ basePath: 'dav' }, /basePath/],
    [{ basePath: '/a b' }, /basePath/],
    [{ basePath: '//evil' }, /basePath/],
    [{ username: 'a' }, /belong together/],
    [{ password: 'a' }, /belong together/],
    [{ username: 'a:b', password: 'c' }, /colon/],
    [{ username: 'a', password: '' }, /password/],
    [{ username: 'a', password: 'b', authenticate: () => true }, /not both/],
    [{ authenticate: 'yes' }, /Expected a function/],
    [{ realm: 'a\r\nX: 1' }, /realm/],
    [{ writeTimeoutMs: 0 }, /writeTimeoutMs/],
    [{ sendBufferBytes: -1 }, /sendBufferBytes/],
    [{ integrity: 'maybe' }, /integrity/],
    [{ allowedHosts: 'a' }, /allowedHosts/],
    [null, /./],
  ])('refuses %j', (options, message) => {
    expect(() => webdav(options as WebdavOptions)).toThrow(ConfigInvalidError);
    expect(() => webdav(options as WebdavOptions)).toThrow(message);
  });

  it('does nothing before it is attached', () => {
    expect(make({ port: 0 }).address).toBeUndefined();
  });
});

describe('listening', () => {
  it('starts with attach when a port is given, and says where', async () => {
    const adapter = make({ port: 0, basePath: '/dav' });
    await adapter.attach(host());
    const { host: name, port, url } = adapter.address!;
    expect(name).toBe('127.0.0.1');
    expect(url).toBe(`http://127.0.0.1:${port}/dav/`);
    expect((await fetch(`${url}a.txt`)).status).toBe(200);
    expect(await adapter.listen()).toBe(adapter.address);
  });

  it('waits for listen() when no port is given', async () => {
    const adapter = make();
    await adapter.attach(host());
    expect(adapter.address).toBeUndefined();
    const [first, second] = await Promise.all([adapter.listen(), adapter.listen()]);
    expect(first).toBe(second);
    expect((await fetch(`${first.url}a.txt`)).status).toBe(200);
  });

  it('writes IPv6 and every-address in a form that can be opened', async () => {
    const six = make({ port: 0, host: '::1' });
    expect((await six.listen()).url).toMatch(/^http:\/\/\[::1\]:\d+\/$/);
    const all = make({ port: 0, host: '0.0.0.0', allowAnonymous: true });
    expect((await all.listen()).url).toMatch(/^http:\/\/localhost:\d+\/$/);
  });

  it.each<WebdavOptions>([
    { host: '0.0.0.0' },
    { host: '::' },
    { host: '192.0.2.1' },
    { host: 'nas.example' },
    { host: '127.0.0.1.example' },
    { host: '128.0.0.1' },
  ])('refuses to be open to everybody on %j', async (options) => {
    const adapter = make({ port: 0, ...options });
    const failure = await adapter.attach(host()).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(ListenError);
    expect((failure as ListenError).message).toContain('allowAnonymous');
    expect(adapter.address).toBeUndefined();
  });

  it.each<WebdavOptions>([
    { username: 'a', password: 'b' },
    { authenticate: () => true },
    { authorize: () => true },
    { allowAnonymous: true },
  ])('listens beyond loopback with %j', async (options) => {
    await expect(make({ port: 0, host: '0.0.0.0', ...options }).listen()).resolves.toMatchObject({ host: '0.0.0.0' });
  });

  it('says that the port is in use, keeps the cause, and can try again', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    const { port } = blocker.address() as { port: number };
    const adapter = make({ port });
    const failure = await adapter.listen().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'ERR_LISTEN', host: '127.0.0.1', port, cause: { code: 'EADDRINUSE' } });
    expect((failure as Error).message).toContain('in use');
    await new Promise((resolve) => blocker.close(resolve));
    await expect(adapter.listen()).resolves.toMatchObject({ port });
  });

  it('takes no more connections than allowed', async () => {
    const { port } = await serve({ '/a.txt': 'a' }, { maxConnections: 2 });
    const outcome = () =>
      new Promise<string>((resolve) => {
        const socket = dial(port);
        socket.once('close', () => resolve('refused'));
        socket.once('data', () => resolve('answered'));
        socket.write('GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n');
      });
    expect(await outcome()).toBe('answered');
    expect(await outcome()).toBe('answered');
    expect(await outcome()).toBe('refused');
  });

  it('does not wait for ever for headers', async () => {
    const { port } = await serve({}, { headersTimeoutMs: 50 });
    const socket = dial(port);
    socket.write('GET / HTTP/1.1\r\nHost: loc');
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    await until('closed', () => socket.closed, 15_000);
    expect(answer).toContain('408');
  });
});

describe('attach', () => {
  it('is for one engine', async () => {
    const adapter = make();
    await adapter.attach(host());
    await expect(adapter.attach(host())).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
  });
});

describe('close', () => {
  it('frees the port, ends idle connections, and comes to the same end every time', async () => {
    const { adapter, url, port } = await serve({ '/a.txt': 'a' });
    const idle = dial(port);
    idle.write('GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await new Promise((resolve) => idle.once('data', resolve));
    const silent = dial(port);
    await new Promise((resolve) => silent.once('connect', resolve));
    const closing = adapter.close();
    expect(adapter.close()).toBe(closing);
    expect(adapter[Symbol.asyncDispose]()).toBe(closing);
    await closing;
    idle.resume();
    silent.resume();
    await until('closed', () => idle.destroyed && silent.destroyed);
    await expect(fetch(url)).rejects.toThrow();
    expect(adapter.address).toBeUndefined();
  });

  it('lets short answers finish', async () => {
    const { adapter, url, catalog } = await serve({ '/a.mkv': 'hello' });
    let open = () => {};
    let asked = false;
    catalog.fault('/a.mkv', {
      before: () => {
        asked = true;
        return new Promise((resolve) => {
          open = resolve;
        });
      },
    });
    const response = fetch(`${url}/a.mkv`);
    await until('asked', () => asked);
    const closing = adapter.close();
    open();
    const answer = await response;
    expect(await answer.text()).toBe('hello');
    expect(answer.headers.get('connection')).toBe('close');
    await closing;
  });

  it('cuts off what does not finish, before and after the first byte', async () => {
    const { adapter, url, port, catalog } = await serve(
      { '/big.mkv': pattern(64 * 1024 * 1024), '/slow.mkv': 'x' },
      { closeGraceMs: 20 },
    );
    const playing = dial(port);
    playing.write('GET /big.mkv HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await new Promise((resolve) => playing.once('data', resolve));
    playing.pause();
    catalog.fault('/slow.mkv', { before: () => new Promise(() => {}) });
    const waiting = fetch(`${url}/slow.mkv`);
    const twin = await adapter.fetch(new Request('http://localhost/big.mkv'));
    await until('all under way', () => catalog.openHandles === 3);
    const startMs = performance.now();
    await adapter.close();
    expect(performance.now() - startMs).toBeLessThan(900);
    expect((await waiting).status).toBe(503);
    await expect(twin.arrayBuffer()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    playing.resume();
    await until('cut off', () => playing.destroyed);
    expect([catalog.openHandles, catalog.openLeases]).toEqual([0, 0]);
  });

  it('closes what never listened, and what is only about to', async () => {
    await webdav().close();
    const adapter = webdav({ port: 0 });
    const attaching = adapter.attach(host()).catch((error: unknown) => error);
    await adapter.close();
    expect(await attaching).toMatchObject({ code: 'ERR_CLOSED' });
    expect(adapter.address).toBeUndefined();
  });

  it('refuses everything afterwards', async () => {
    const { adapter } = await serve({ '/a.txt': 'a' });
    await adapter.close();
    await expect(adapter.listen()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await expect(webdav().close()).resolves.toBeUndefined();
    expect((await adapter.fetch(new Request('http://localhost/a.txt'))).status).toBe(503);
    const late = webdav();
    await late.close();
    await expect(late.attach(host())).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });
});
