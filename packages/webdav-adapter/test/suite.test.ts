import type { ByteRange } from '@newsreel/core';
import { adapterSuite } from '@newsreel/core/testing';
import { describe, expect, it } from 'vitest';
import { type WebdavAdapter, webdav } from '../src/index.js';
import { readMultistatus } from './support.js';

type Ask = (path: string, init?: RequestInit) => Promise<Response>;

const encode = (path: string) => path.split('/').map(encodeURIComponent).join('/');

async function expectStatus(response: Response, status: number): Promise<void> {
  if (response.status === status) return;
  await response.body?.cancel();
  throw new Error(`status ${response.status}`);
}

/** A file through an adapter, as a client sees it. */
async function read(ask: Ask, path: string, range?: ByteRange): Promise<Uint8Array> {
  const headers: Record<string, string> = range === undefined ? {} : { Range: `bytes=${range.start}-${range.end - 1}` };
  const response = await ask(encode(path), { headers });
  await expectStatus(response, range === undefined ? 200 : 206);
  return new Uint8Array(await response.arrayBuffer());
}

async function list(ask: Ask, path: string): Promise<string[]> {
  const response = await ask(encode(path), { method: 'PROPFIND', headers: { Depth: '1' } });
  await expectStatus(response, 207);
  const [, ...entries] = readMultistatus(await response.text()).values();
  return entries.map((entry) => entry['200']!['{DAV:}displayname']!);
}

async function hangUp(ask: Ask, path: string): Promise<void> {
  const controller = new AbortController();
  const response = await ask(encode(path), { signal: controller.signal });
  const reader = response.body!.getReader();
  await reader.read();
  controller.abort();
  await expect(reader.read()).rejects.toThrow();
}

/** Both doors must keep the same contract. */
const doors: Record<string, (adapter: WebdavAdapter) => Ask> = {
  'over HTTP': (adapter) => (path, init) => fetch(new URL(path, adapter.address?.url ?? 'http://127.0.0.1:9/'), init),
  'through fetch': (adapter) => (path, init) => adapter.fetch(new Request(new URL(path, 'http://localhost/'), init)),
};

for (const [name, open] of Object.entries(doors)) {
  describe(`WebDAV ${name}`, () => {
    adapterSuite({
      describe,
      it,
      create: async () => {
        const adapter = webdav({ port: 0, closeGraceMs: 50 });
        const ask = open(adapter);
        return {
          adapter,
          read: (path, range) => read(ask, path, range),
          list: (path) => list(ask, path),
          hangUp: (path) => hangUp(ask, path),
        };
      },
    });
  });
}
