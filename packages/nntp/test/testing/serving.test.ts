import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { type NewsServer, type PostedFile, startNewsServer } from '../../src/testing.js';
import { decodeBody } from './decode.js';
import { rawClient } from './raw-client.js';

let server: NewsServer;
afterEach(() => server?.close());

/** Downloads a file over one connection and checks every control line on the way. */
async function download(file: PostedFile, tls?: { port: number; ca: string }): Promise<Buffer> {
  const client = await rawClient(server, tls === undefined ? {} : { tls });
  const parts: Buffer[] = [];
  for (const { id, number, range, bytes } of file.segments) {
    const body = await client.body(id);
    expect(body.length).toBe(bytes);
    const { head, end, bytes: part } = decodeBody(body);
    expect(part.length).toBe(range.end - range.start);
    const crc = crc32(part).toString(16).padStart(8, '0');
    if (file.segments.length === 1) {
      expect(head).toEqual([`=ybegin line=128 size=${file.size} name=${file.name}`]);
      expect(end).toBe(`=yend size=${part.length} crc32=${crc}`);
    } else {
      const total = file.segments.length;
      expect(head).toEqual([
        `=ybegin part=${number} total=${total} line=128 size=${file.size} name=${file.name}`,
        `=ypart begin=${range.start + 1} end=${range.end}`,
      ]);
      expect(end).toBe(`=yend size=${part.length} part=${number} pcrc32=${crc}`);
    }
    parts.push(part);
  }
  client.close();
  return Buffer.concat(parts);
}

describe('serving what was posted', () => {
  it('gives back posted bytes', async () => {
    server = await startNewsServer();
    const bytes = randomBytes(250_000);
    const file = await server.post({ name: 'a file.bin', bytes, partBytes: 100_000 });
    expect(file.segments.map(({ range }) => range.end)).toEqual([100_000, 200_000, 250_000]);
    expect((await download(file)).equals(bytes)).toBe(true);
    expect(file.sha256()).toBe(createHash('sha256').update(bytes).digest('hex'));
  });
});
