import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { parseNzb, readNzb } from '../../src/nzb/read-nzb.js';
import { cuts, file, nzb, pieces, rich, segment, two } from './support.js';

const refused = { code: 'ERR_NZB_INVALID' };
const plain = Buffer.from(nzb(file(two)));
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A web stream of these pieces, and what became of it. */
function webStream(...chunks: Uint8Array[]) {
  const cancelled = vi.fn();
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const next = chunks.shift();
        if (next === undefined) controller.close();
        else controller.enqueue(next);
      },
      cancel: cancelled,
    },
    { highWaterMark: 0 },
  );
  return { stream, cancelled };
}

/** Gives some bytes, then nothing ever, and tells when it was left. */
function stalling(bytes: Uint8Array) {
  const left = vi.fn();
  const given = [bytes];
  const source: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        const value = given.shift();
        return value === undefined ? new Promise(() => {}) : Promise.resolve({ done: false, value });
      },
      return: async () => {
        left();
        return { done: true, value: undefined };
      },
    }),
  };
  return { source, left };
}

describe('every door', () => {
  it('gives the same', async () => {
    const expected = parseNzb(plain);
    expect(await readNzb(plain)).toEqual(expected);
    expect(await readNzb(plain.toString())).toEqual(expected);
    expect(await readNzb(`\ufeff${plain}`)).toEqual(expected);
    expect(await readNzb(pieces(plain, [3, 50]))).toEqual(expected);
    expect(await readNzb(webStream(plain.subarray(0, 40), plain.subarray(40)).stream)).toEqual(expected);
    expect(await readNzb(new Response(plain).body!)).toEqual(expected);
    expect(parseNzb(gzipSync(plain))).toEqual(expected);
    expect(await readNzb(gzipSync(plain))).toEqual(expected);
  });

  it('gives the same however the input is cut', async () => {
    const expected = parseNzb(rich);
    expect(expected.files).toHaveLength(4);
    const zipped = gzipSync(rich);
    const single = Array.from({ length: rich.length }, (_, at) => at);
    expect(await readNzb(pieces(rich, single))).toEqual(expected);
    await fc.assert(
      fc.asyncProperty(cuts, fc.boolean(), async (places, isZipped) => {
        expect(await readNzb(pieces(isZipped ? zipped : rich, places))).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });

  it('refuses the same, at the same line, however the input is cut', async () => {
    await fc.assert(
      fc.asyncProperty(cuts, fc.nat(rich.length - 40), fc.nat(40), fc.string(), async (places, at, gap, junk) => {
        const broken = Buffer.concat([rich.subarray(0, at), Buffer.from(junk), rich.subarray(at + gap)]);
        const whole = await readNzb(broken).catch((error: unknown) => error);
        const cut = await readNzb(pieces(broken, places)).catch((error: unknown) => error);
        if (!(whole instanceof Error)) expect(cut).toEqual(whole);
        else expect([(cut as Error).message, cut]).toMatchObject([whole.message, refused]);
      }),
      { numRuns: 300 },
    );
  });

  it('reads UTF-16 and single bytes cut anywhere', async () => {
    const text = nzb(file(two, '&quot;Mül𝄞ler.bin&quot;'));
    const little = Buffer.from(`\ufeff${text}`, 'utf16le');
    const expected = parseNzb(text);
    await fc.assert(
      fc.asyncProperty(cuts, async (places) => {
        expect(await readNzb(pieces(little, places))).toEqual(expected);
        expect(await readNzb(pieces(Buffer.from(little).swap16(), places))).toEqual(expected);
      }),
      { numRuns: 30 },
    );
    const markless = await readNzb(little.subarray(2));
    expect(markless).toMatchObject({ files: expected.files, warnings: ['UTF-16 without a byte order mark'] });
  });

  it('refuses what is neither', async () => {
    const wrong = { code: 'ERR_CONFIG_INVALID' };
    for (const input of [undefined, null, 7, {}, new ArrayBuffer(8), ['<nzb>'], [plain]])
      await expect(readNzb(input as never)).rejects.toMatchObject(wrong);
    expect(() => parseNzb(7 as never)).toThrow(/must be text or bytes/);
    const texts = (async function* () {
      yield '<nzb>';
    })();
    await expect(readNzb(texts as never)).rejects.toMatchObject(wrong);
    await expect(readNzb(plain, { maxBites: 3 } as never)).rejects.toMatchObject(wrong);
    await expect(readNzb(plain, { maxBytes: 0 })).rejects.toMatchObject(wrong);
  });
});

describe('a source', () => {
  it('is left when what it gave is refused', async () => {
    const { source, left } = stalling(Buffer.from('hello'.padEnd(400)));
    await expect(readNzb(source)).rejects.toMatchObject(refused);
    expect(left).toHaveBeenCalledOnce();
    const web = webStream(Buffer.from('<html>'.padEnd(400)), plain);
    await expect(readNzb(web.stream)).rejects.toMatchObject(refused);
    await settled();
    expect(web.cancelled).toHaveBeenCalledOnce();
  });

  it.each([
    ['plain', plain.subarray(0, 200)],
    ['gzipped', gzipSync(plain).subarray(0, 60)],
    ['with a single byte', plain.subarray(0, 1)],
  ])('that stalls, %s, is left when the signal says so', async (_, bytes) => {
    const { source, left } = stalling(bytes);
    const controller = new AbortController();
    const reading = readNzb(source, { signal: controller.signal });
    await settled();
    controller.abort('enough');
    await expect(reading).rejects.toBe('enough');
    expect(left).toHaveBeenCalledOnce();
    const untouched = stalling(bytes);
    await expect(readNzb(untouched.source, { signal: controller.signal })).rejects.toBe('enough');
    expect(untouched.left).not.toHaveBeenCalled();
  });

  it.each([
    ['plain', plain],
    ['gzipped', gzipSync(plain)],
  ])('that fails, %s, is heard in its own words', async (_, bytes) => {
    const failure = new Error('disk on fire');
    const source = (async function* () {
      yield bytes.subarray(0, 50);
      throw failure;
    })();
    await expect(readNzb(source)).rejects.toBe(failure);
  });

  it('is given up in the middle of a large NZB too', async () => {
    const large = nzb(file(Array.from({ length: 100_000 }, (_, at) => segment(at + 1, `id${at}@x`)).join('\n')));
    const controller = new AbortController();
    const reading = readNzb(large, { signal: controller.signal });
    setImmediate(() => controller.abort(new Error('enough')));
    await expect(reading).rejects.toThrow('enough');
  });
});

describe('the bound', () => {
  it('holds for text, bytes and streams', async () => {
    const maxBytes = plain.length - 1;
    for (const input of [plain, plain.toString(), pieces(plain, [9])]) {
      await expect(readNzb(input, { maxBytes })).rejects.toThrow(`larger than ${maxBytes} bytes`);
    }
    expect(() => parseNzb(plain, { maxBytes })).toThrow(/larger than/);
    expect((await readNzb(plain, { maxBytes: plain.length })).files).toHaveLength(1);
  });

  it('holds for what gzip packs small', async () => {
    const bomb = gzipSync(Buffer.concat([plain.subarray(0, -6), Buffer.alloc(30_000_000, '<!-- -->')]));
    expect(bomb.length).toBeLessThan(100_000);
    await expect(readNzb(bomb, { maxBytes: 1_000_000 })).rejects.toMatchObject({ ...refused, message: /larger than/ });
    expect(() => parseNzb(bomb, { maxBytes: 1_000_000 })).toThrow(/larger than 1000000 bytes/);
  });

  it('holds for gzip that never gives anything', async () => {
    const nothing = gzipSync('');
    const source = (async function* () {
      for (;;) yield nothing;
    })();
    await expect(readNzb(source, { maxBytes: 100_000 })).rejects.toMatchObject(refused);
  });

  it('gzip that is cut off or damaged is refused', async () => {
    const zipped = gzipSync(nzb(file(segment(1, 'a@x').repeat(500))));
    const damaged = Buffer.from(zipped);
    damaged.fill(0x55, 30, 60);
    for (const bytes of [zipped.subarray(0, -20), zipped.subarray(0, 5), damaged, gzipSync(zipped)]) {
      await expect(readNzb(bytes)).rejects.toMatchObject(refused);
      await expect(readNzb(pieces(bytes, [1, 2, 3]))).rejects.toMatchObject(refused);
      expect(() => parseNzb(bytes)).toThrow(expect.objectContaining(refused));
    }
  });
});

describe('while a large NZB is read', () => {
  it('others get their turn', async () => {
    const large = nzb(
      file(Array.from({ length: 150_000 }, (_, at) => segment(at + 1, `id${at}@example.com`)).join('\n')),
    );
    let turns = 0;
    let isReading = true;
    const count = () => {
      turns++;
      if (isReading) setImmediate(count);
    };
    setImmediate(count);
    const parsed = await readNzb(large);
    isReading = false;
    expect(parsed.files[0]?.segments).toHaveLength(150_000);
    expect(turns).toBeGreaterThan(10);
  });
});
