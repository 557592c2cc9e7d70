import { createServer, type RequestListener } from 'node:http';
import { type ClientHttp2Session, connect, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { adapterHost, memoryCatalog } from '@newsreel/core/testing';
import express from 'express';
import { describe, expect, it } from 'vitest';
import { type WebdavOptions, webdav } from '../src/index.js';
import { afterTest, pattern, readMultistatus, until } from './support.js';

async function attached(options: WebdavOptions = {}) {
  const adapter = webdav(options);
  await adapter.attach(adapterHost(memoryCatalog({ '/film/a b.mkv': '12345', '/x.txt': 'x' })));
  afterTest(() => adapter.close());
  return adapter;
}

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterTest(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function hrefs(url: string): Promise<string[]> {
  const response = await fetch(url, { method: 'PROPFIND', headers: { Depth: '1' } });
  return [...readMultistatus(await response.text()).keys()];
}

describe('the handler in a server of the app’s own', () => {
  it('works as a plain listener', async () => {
    const { handler } = await attached();
    const url = await listen(handler);
    expect(await (await fetch(`${url}/film/a%20b.mkv`)).text()).toBe('12345');
    expect(await hrefs(`${url}/film`)).toEqual(['/film/', '/film/a%20b.mkv']);
  });

  it('takes off basePath', async () => {
    const { handler } = await attached({ basePath: '/dav' });
    const url = await listen(handler);
    expect(await (await fetch(`${url}/dav/x.txt`)).text()).toBe('x');
    expect(await hrefs(`${url}/dav/`)).toEqual(['/dav/', '/dav/film/', '/dav/x.txt']);
    expect(await hrefs(`${url}/dav`)).toEqual(['/dav/', '/dav/film/', '/dav/x.txt']);
    for (const path of ['/', '/x.txt', '/davx/x.txt', '/DAV/x.txt']) expect((await fetch(url + path)).status).toBe(404);
    const moved = await fetch(`${url}/dav/film?a=1`, { redirect: 'manual' });
    expect([moved.status, moved.headers.get('location')]).toEqual([301, '/dav/film/?a=1']);
  });

  it('works below an express router, and links to where it was mounted', async () => {
    const { handler } = await attached({ basePath: '/ignored' });
    const app = express();
    const inner = express.Router();
    inner.use('/dav', handler);
    app.use('/media', inner);
    app.use('/:user/files', handler);
    app.get('/own', (_request, response) => void response.send('own'));
    const url = await listen(app);
    expect(await (await fetch(`${url}/media/dav/film/a%20b.mkv`)).text()).toBe('12345');
    expect(await hrefs(`${url}/media/dav/film/`)).toEqual(['/media/dav/film/', '/media/dav/film/a%20b.mkv']);
    expect(await hrefs(`${url}/media/dav`)).toEqual(['/media/dav/', '/media/dav/film/', '/media/dav/x.txt']);
    expect(await (await fetch(`${url}/own`)).text()).toBe('own');
    expect((await fetch(`${url}/media/dav/film`, { redirect: 'manual' })).headers.get('location')).toBe(
      '/media/dav/film/',
    );
    // A mount chosen by the visitor cannot make links lead elsewhere.
    const away = await fetch(`${url}//evil.example/files/film`, { redirect: 'manual' });
    if (away.status === 301) expect(away.headers.get('location')).toMatch(/^\/[^/]/);
  });

  it('works below connect, which says only what the original was', async () => {
    const { handler } = await attached();
    const url = await listen((request, response) => {
      Object.assign(request, { originalUrl: request.url });
      request.url = request.url!.replace(/^\/dav/, '') || '/';
      if (!request.url.startsWith('/')) request.url = `/${request.url}`;
      handler(request, response);
    });
    expect(await hrefs(`${url}/dav/film/`)).toEqual(['/dav/film/', '/dav/film/a%20b.mkv']);
    expect(await hrefs(`${url}/dav`)).toEqual(['/dav/', '/dav/film/', '/dav/x.txt']);
    expect((await fetch(`${url}/dav/film?q`, { redirect: 'manual' })).headers.get('location')).toBe('/dav/film/?q');
  });

  it('leaves what is outside basePath to the next in line', async () => {
    const { handler } = await attached({ basePath: '/dav' });
    const app = express();
    app.use(handler);
    app.get('/own', (_request, response) => void response.send('own'));
    const url = await listen(app);
    expect(await (await fetch(`${url}/own`)).text()).toBe('own');
    expect(await (await fetch(`${url}/dav/x.txt`)).text()).toBe('x');
  });

  it('answers 503 before it is attached', async () => {
    const adapter = webdav();
    const url = await listen(adapter.handler);
    const response = await fetch(url);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
  });
});

describe('the handler behind HTTP/2', () => {
  async function http2(bytes: Uint8Array) {
    const adapter = webdav({ closeGraceMs: 10 });
    const catalog = memoryCatalog({ '/big.mkv': bytes });
    await adapter.attach(adapterHost(catalog));
    const { handler } = adapter;
    const server = createHttp2Server((request, response) => handler(request as never, response as never));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    session.on('error', () => {});
    afterTest(async () => {
      session.destroy();
      await adapter.close();
      server.close();
    });
    return { adapter, catalog, session };
  }

  function ask(session: ClientHttp2Session, headers: Record<string, string>) {
    const stream = session.request(headers);
    stream.on('error', () => {});
    return new Promise<{ headers: Record<string, unknown>; stream: typeof stream }>((resolve) => {
      stream.once('response', (answer) => resolve({ headers: answer, stream }));
    });
  }

  it('delivers every byte, and an upload is refused', async () => {
    const bytes = pattern(3_000_000);
    const { session, catalog } = await http2(bytes);
    const { headers, stream } = await ask(session, { ':path': '/big.mkv', range: 'bytes=1-' });
    expect(headers[':status']).toBe(206);
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    expect(Buffer.compare(Buffer.concat(chunks), bytes.subarray(1))).toBe(0);
    expect(
      (await ask(session, { ':path': '/x', ':method': 'PUT', 'content-length': '999999' })).headers[':status'],
    ).toBe(405);
    await until('given back', () => catalog.openHandles === 0 && catalog.openLeases === 0);
  });

  it('gives everything back when a stream is reset, the session ends or the adapter closes', async () => {
    const { session, catalog, adapter } = await http2(pattern(16_000_000));
    const start = async () => (await ask(session, { ':path': '/big.mkv' })).stream.pause();
    const [reset] = [await start(), await start(), await start()];
    expect(catalog.openHandles).toBe(3);
    reset!.close(8);
    await until('one given back', () => catalog.openHandles === 2);
    await adapter.close();
    await until('given back', () => catalog.openHandles === 0 && catalog.openLeases === 0);
  });
});
