import { systemClock } from '@newsreel/core/plugin';
import { adapterHost, manualClock, memoryCatalog } from '@newsreel/core/testing';
import { describe, expect, it } from 'vitest';
import type { WebdavOptions } from '../src/index.js';
import { createWebdav } from '../src/webdav.js';
import { afterTest, pattern, readMultistatus, until } from './support.js';

const bytes = pattern(1_000_000);

async function attach(options: WebdavOptions = {}, clock = systemClock) {
  const catalog = memoryCatalog({ '/a.mkv': bytes, '/b/c.txt': 'c' });
  const adapter = createWebdav(options, clock);
  await adapter.attach(adapterHost(catalog));
  afterTest(() => adapter.close());
  const nothingHeld = () => catalog.openHandles === 0 && catalog.openLeases === 0;
  return { adapter, catalog, nothingHeld, fetch: adapter.fetch };
}
const ask = (path: string, init: RequestInit = {}) => new Request(`http://films.example${path}`, init);

describe('the Fetch API twin', () => {
  it('answers as the handler does', async () => {
    const { fetch, nothingHeld } = await attach();
    const whole = await fetch(ask('/a.mkv'));
    expect([whole.status, whole.headers.get('content-length')]).toEqual([200, '1000000']);
    expect(Buffer.compare(new Uint8Array(await whole.arrayBuffer()), bytes)).toBe(0);
    const part = await fetch(ask('/a.mkv', { headers: { Range: 'bytes=10-19' } }));
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 10-19/1000000']);
    expect(Buffer.compare(new Uint8Array(await part.arrayBuffer()), bytes.subarray(10, 20))).toBe(0);
    const head = await fetch(ask('/a.mkv', { method: 'HEAD' }));
    expect([head.status, head.body, head.headers.get('content-length')]).toEqual([200, null, '1000000']);
    const etag = head.headers.get('etag')!;
    expect((await fetch(ask('/a.mkv', { headers: { 'If-None-Match': etag } }))).status).toBe(304);
    expect((await fetch(ask('/nothing'))).status).toBe(404);
    expect((await fetch(ask('/a.mkv', { method: 'PUT', body: 'x' }))).status).toBe(405);
    expect(nothingHeld()).toBe(true);
  });

  it('reads a PROPFIND body and writes hrefs below basePath', async () => {
    const { fetch } = await attach({ basePath: '/dav/' });
    const body = '<propfind xmlns="DAV:"><prop><getcontentlength/></prop></propfind>';
    const response = await fetch(ask('/dav/b/', { method: 'PROPFIND', headers: { Depth: '1' }, body }));
    expect(response.status).toBe(207);
    expect([...readMultistatus(await response.text()).keys()]).toEqual(['/dav/b/', '/dav/b/c.txt']);
    expect((await fetch(ask('/other'))).status).toBe(404);
    expect((await fetch(ask('/davos'))).status).toBe(404);
    expect((await fetch(ask('/dav', { method: 'HEAD' }))).status).toBe(200);
  });

  it('gives bytes that stay the reader’s own', async () => {
    const { fetch } = await attach();
    const chunks: Uint8Array[] = [];
    for await (const chunk of (await fetch(ask('/a.mkv'))).body!) chunks.push(chunk);
    expect(Buffer.compare(Buffer.concat(chunks), bytes)).toBe(0);
  });

  it('fetches only what is read', async () => {
    const { fetch, catalog } = await attach();
    const response = await fetch(ask('/a.mkv'));
    const reader = response.body!.getReader();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(catalog.openLeases).toBe(0);
    await reader.cancel();
    await until('closed', () => catalog.openHandles === 0);
  });

  it('gives everything back when the body is cancelled unread', async () => {
    const { fetch, nothingHeld } = await attach();
    const response = await fetch(ask('/a.mkv'));
    await response.body!.cancel();
    await until('given back', nothingHeld);
  });

  it('ends the body with the reason of the abort', async () => {
    const { fetch, nothingHeld } = await attach();
    const controller = new AbortController();
    const response = await fetch(ask('/a.mkv', { signal: controller.signal }));
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(response.arrayBuffer()).rejects.toBe(reason);
    await until('given back', nothingHeld);
  });

  it('rejects with the reason of an abort before the answer', async () => {
    const { fetch, catalog, nothingHeld } = await attach();
    const reason = new Error('enough');
    await expect(fetch(ask('/a.mkv', { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
    let asked = false;
    catalog.fault('/a.mkv', {
      before: () => {
        asked = true;
        return new Promise(() => {});
      },
    });
    const controller = new AbortController();
    const answer = fetch(ask('/a.mkv', { signal: controller.signal }));
    await until('asked', () => asked);
    controller.abort(reason);
    await expect(answer).rejects.toBe(reason);
    await until('given back', nothingHeld);
  });

  it('fails the body when the source fails', async () => {
    const { fetch, catalog, nothingHeld } = await attach();
    catalog.fault('/a.mkv', { failAt: 500_000 });
    const response = await fetch(ask('/a.mkv'));
    expect(response.status).toBe(200);
    await expect(response.arrayBuffer()).rejects.toMatchObject({ code: 'ERR_ARTICLE_CORRUPT' });
    await until('given back', nothingHeld);
  });

  it('gives up a body nobody reads', async () => {
    const clock = manualClock();
    const { fetch, nothingHeld } = await attach({ writeTimeoutMs: 10_000 }, clock);
    const response = await fetch(ask('/a.mkv'));
    clock.advance(9_999);
    expect(nothingHeld()).toBe(false);
    clock.advance(1);
    expect(nothingHeld()).toBe(true);
    await expect(response.arrayBuffer()).rejects.toThrow('Nobody reads');
    expect(clock.pending).toBe(0);
  });
});
