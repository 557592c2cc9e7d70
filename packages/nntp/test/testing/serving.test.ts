import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { deterministicContent, type NewsServer, type PostedFile, startNewsServer } from '../../src/testing.js';
import { decodeBody } from './decode.js';
import { type RawClient, rawClient } from './raw-client.js';

let server: NewsServer;
afterEach(() => server?.close());

/** Fetches one segment and checks every control line on the way. */
async function fetchPart(client: RawClient, file: PostedFile, index: number, line = 128): Promise<Buffer> {
  const { id, number, range, bytes } = file.segments[index]!;
  const body = await client.body(id);
  expect(body.length).toBe(bytes);
  const { head, end, bytes: part } = decodeBody(body);
  const crc = crc32(part).toString(16).padStart(8, '0');
  const total = file.segments.length;
  if (total === 1) {
    expect(head).toEqual([`=ybegin line=${line} size=${file.size} name=${file.name}`]);
    expect(end).toBe(`=yend size=${part.length} crc32=${crc}`);
  } else {
    expect(head).toEqual([
      `=ybegin part=${number} total=${total} line=${line} size=${file.size} name=${file.name}`,
      `=ypart begin=${range.start + 1} end=${range.end}`,
    ]);
    expect(end).toBe(`=yend size=${part.length} part=${number} pcrc32=${crc}`);
  }
  expect(part.length).toBe(range.end - range.start);
  return part;
}

async function download(file: PostedFile, line = 128): Promise<Buffer> {
  const client = await rawClient(server);
  const parts: Buffer[] = [];
  for (const index of file.segments.keys()) parts.push(await fetchPart(client, file, index, line));
  client.close();
  return Buffer.concat(parts);
}

describe('serving what was posted', () => {
  it('gives back posted bytes', async () => {
    server = await startNewsServer();
    const bytes = randomBytes(250_000);
    const file = await server.post({ name: 'a file.bin', bytes, partBytes: 100_000 });
    expect(file.segments.map(({ range }) => range)).toEqual([
      { start: 0, end: 100_000 },
      { start: 100_000, end: 200_000 },
      { start: 200_000, end: 250_000 },
    ]);
    expect(file.encodedBytes).toBe(file.segments.reduce((sum, segment) => sum + segment.bytes, 0));
    expect((await download(file)).equals(bytes)).toBe(true);
    expect(Buffer.from(file.read({ start: 99_990, end: 100_010 })).equals(bytes.subarray(99_990, 100_010))).toBe(true);
    expect(file.sha256()).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it.each([
    ['in templates', { partBytes: 3000 }, 128],
    ['in templates with lines as long as the stamp', { partBytes: 3000, lineLength: 64 }, 64],
    ['with lines shorter than the stamp', { partBytes: 3000, lineLength: 40 }, 40],
    ['with parts smaller than the stamp', { partBytes: 50 }, 128],
    ['in parts of their own sizes', { nonUniform: [10, 4000, 1500] }, 128],
    ['in one part', { partBytes: 1_000_000 }, 128],
    ['in exactly full parts', { partBytes: 10_000 }, 128],
  ])('gives back computed content %s', async (_how, cut, line) => {
    server = await startNewsServer();
    const file = await server.post({ name: 'x', bytes: { size: 30_000, seed: 5 }, ...cut });
    const content = deterministicContent({
      size: 30_000,
      seed: 5,
      ...('partBytes' in cut ? { blockBytes: cut.partBytes } : {}),
    });
    const got = await download(file, line);
    expect(got.equals(content.read(0, 30_000))).toBe(true);
    expect(got.equals(file.read({ start: 0, end: 30_000 }))).toBe(true);
    expect(file.sha256()).toBe(createHash('sha256').update(got).digest('hex'));
  });

  it('cuts parts at the sizes given and repeats the last', async () => {
    server = await startNewsServer();
    const file = await server.post({ name: 'x', bytes: Buffer.alloc(100), nonUniform: [10, 40] });
    expect(file.segments.map(({ range }) => range.end)).toEqual([10, 50, 90, 100]);
  });

  it('hosts 50 GiB without holding them', async () => {
    server = await startNewsServer();
    const before = process.memoryUsage().arrayBuffers;
    const file = await server.post({ name: 'huge.mkv', bytes: { size: 50 * 2 ** 30, seed: 2 } });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 2 ** 20);
    expect(file.segments.length).toBe(Math.ceil((50 * 2 ** 30) / 716_800));
    const client = await rawClient(server);
    for (const index of [0, 12_345, file.segments.length - 1]) {
      const part = await fetchPart(client, file, index);
      expect(part.equals(file.read(file.segments[index]!.range))).toBe(true);
    }
    client.close();
  });

  it('hosts an empty file', async () => {
    server = await startNewsServer();
    const file = await server.post({ name: 'empty', bytes: new Uint8Array() });
    expect((await download(file)).length).toBe(0);
  });

  it('obfuscates names', async () => {
    server = await startNewsServer();
    const file = await server.post({ name: 'secret.mkv', bytes: Buffer.alloc(10), obfuscate: true });
    const client = await rawClient(server);
    expect(await client.ask(`ARTICLE <${file.segments[0]!.id}>`)).toMatch(/^220/);
    expect((await client.block()).toString()).not.toContain('secret');
    expect(file.subject).toMatch(/^[0-9a-f]{32} \(1\/1\)$/);
    expect(file.name).toBe('secret.mkv');
  });

  it('gives the same ids for the same posts, and refuses an id that is taken', async () => {
    server = await startNewsServer();
    const first = await server.post({ name: 'x', bytes: Buffer.alloc(10) });
    expect(first.segments[0]!.id).toBe('post-1.1@newsreel.test');
    await expect(server.post({ name: 'y', bytes: Buffer.alloc(10), messageIdPrefix: 'post-1' })).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
    });
  });

  it('mirrors a file with holes, and forgets what is removed', async () => {
    const primary = await startNewsServer();
    server = await startNewsServer();
    const file = await primary.post({ name: 'x', bytes: randomBytes(100), partBytes: 40 });
    await primary.close();
    const ids = file.segments.map(({ id }) => id);
    server.mirror(file, { except: [ids[1]!] });
    const client = await rawClient(server);
    expect(await client.ask(`STAT <${ids[0]}>`)).toMatch(/^223/);
    expect(await client.ask(`STAT <${ids[1]}>`)).toMatch(/^430/);
    expect((await fetchPart(client, file, 2)).equals(file.read({ start: 80, end: 100 }))).toBe(true);
    server.remove(ids);
    expect(await client.ask(`STAT <${ids[0]}>`)).toMatch(/^430/);
    expect(server.articles).toBe(0);
  });

  it('refuses posts that make no sense', async () => {
    server = await startNewsServer();
    const bytes = Buffer.alloc(1);
    await expect(server.post({ name: 'x', bytes, partBytes: 0 })).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
    await expect(server.post({ name: 'a\r\nb', bytes })).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
    await server.close();
    await expect(server.post({ name: 'x', bytes })).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });
});
