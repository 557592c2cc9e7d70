import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ByteRecipe, recipeSize, volumesOf } from '../../../src/archive/byte-recipe.js';
import { readSevenZip } from '../../../src/archive/seven-zip/read-seven-zip.js';
import { sevenZipSignature, sevenZipTotalSize } from '../../../src/archive/seven-zip/start-header.js';
import { hasCode } from '../../../src/errors/index.js';
import { packed } from '../../../src/testing/release/archive/byte-writer.js';
import { variable } from '../../../src/testing/release/archive/seven-zip/property.js';
import { suiteBytes } from '../../../src/testing/suite-runner.js';
import { lzmaPropertyBytes, madeLzma2 } from '../codec/lzma-encoder.js';
import {
  aroundHeader,
  coder,
  copied,
  encrypted,
  endHeader,
  inputOf,
  type MadeFolder,
  made7z,
  packedHeader7z,
  reading,
  streamsInfo,
} from './support.js';

/** Reads it; whatever is wrong is said in a typed way, and members that are there are inside of the file. */
async function outcome(archive: Uint8Array, ...passwords: string[]) {
  const input = inputOf(archive);
  try {
    const { members } = await readSevenZip(input, reading(...passwords));
    for (const { content, refusal, size } of members) {
      if (refusal) expect(hasCode(refusal, 'ERR_ARCHIVE_UNSUPPORTED') || hasCode(refusal, 'ERR_PASSWORD')).toBe(true);
      if (!content) continue;
      expect(recipeSize(content)).toBe(size);
      expect(volumesOf(content)).toEqual([0]);
      expectInside(content, archive.length);
    }
    return members;
  } catch (error) {
    if (!hasCode(error, 'ERR_ARCHIVE_UNSUPPORTED') && !hasCode(error, 'ERR_PASSWORD')) throw error;
    return undefined;
  } finally {
    const asked = input.reads.reduce((sum, [, length]) => sum + length, 0);
    expect(asked).toBeLessThan(2_500_000);
  }
}

function expectInside(recipe: ByteRecipe, size: number): void {
  if (recipe.from === 'volume') expect([recipe.start <= recipe.end, recipe.end <= size]).toEqual([true, true]);
  else if (recipe.from === 'join') for (const part of recipe.parts) expectInside(part, size);
  else expectInside(recipe.of, size);
}

const one = suiteBytes(1000, 1);
const two = suiteBytes(777, 2);
const lzma2 = madeLzma2(2, 65_536, 1);
const files = [
  { name: 'one', modifiedMs: 1_700_000_000_000, attributes: 0x20 },
  { name: 'folder', kind: 'folder' as const },
  { name: 'two' },
  { name: 'empty', kind: 'empty' as const },
  { name: 'three' },
  { name: 'four' },
];
const folders: MadeFolder[] = [
  copied(one, two),
  { ...copied(lzma2.data), coders: [coder.lzma2], packed: lzma2.packed },
  encrypted({ ...copied(one), coders: [coder.deflate], packed: new Uint8Array(deflateRawSync(one)) }, 'secret'),
];
const header = endHeader(folders, files);
const data = packed(...folders.map((folder) => folder.packed));

describe('hostile 7z archives', () => {
  it('that are noise are no archives', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), async (bytes) => {
        sevenZipSignature(bytes);
        sevenZipTotalSize(bytes);
        expect(await outcome(bytes)).toBeUndefined();
        await outcome(aroundHeader(new Uint8Array(100), bytes));
        await outcome(aroundHeader(data, packed(Uint8Array.of(1, 4), bytes)), 'secret');
        await outcome(aroundHeader(data, packed(Uint8Array.of(1, 5), bytes)));
        await outcome(aroundHeader(data, packed(Uint8Array.of(0x17), bytes)), 'secret');
      }),
      { numRuns: 300 },
    );
  });

  it('whose headers were changed in places are read, or refused', async () => {
    const change = fc.tuple(fc.nat(header.length - 1), fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
        const changed = header.slice();
        for (const [at, byte] of changes) changed[at] = byte;
        await outcome(aroundHeader(data, changed), 'secret');
      }),
      { numRuns: 600 },
    );
  });

  it('whose headers lack or repeat a part are read, or refused', async () => {
    const ends = fc.tuple(fc.nat(header.length), fc.nat(header.length));
    await fc.assert(
      fc.asyncProperty(ends, async ([to, from]) => {
        await outcome(aroundHeader(data, packed(header.subarray(0, to), header.subarray(from))), 'secret');
      }),
      { numRuns: 300 },
    );
  });

  it('whose files end early are incomplete', async () => {
    const whole = made7z(folders, files);
    for (let length = 33; length < whole.length; length += 97)
      await expect(readSevenZip(inputOf(whole.subarray(0, length)), reading())).rejects.toMatchObject({
        code: 'ERR_ARCHIVE_UNSUPPORTED',
        reason: 'incomplete',
      });
    for (const length of [0, 5, 31])
      await expect(readSevenZip(inputOf(whole.subarray(0, length)), reading())).rejects.toMatchObject({
        reason: 'damaged',
      });
  });

  it('that claim more than they hold are refused before anything is made of it', async () => {
    const many = variable(2 ** 40);
    for (const claims of [
      packed(Uint8Array.of(1, 5), many),
      packed(Uint8Array.of(1, 5), variable(2 ** 20 + 1), new Uint8Array(3_000)),
      packed(Uint8Array.of(1, 4, 6, 0), many),
      packed(Uint8Array.of(1, 4, 7, 0x0b), many),
      packed(Uint8Array.of(1, 4, 7, 0x0b, 1, 0), variable(33)),
      packed(Uint8Array.of(1, 4, 7, 0x0b, 1, 0, 1, 0x10, 0), variable(33), variable(1)),
      packed(
        Uint8Array.of(1, 4, 6, 0, 1, 9),
        Uint8Array.of(0xff).map(() => 0xff),
        new Uint8Array(8).fill(0xff),
      ),
      packed(Uint8Array.of(1, 2, 7), many),
    ])
      expect(await outcome(aroundHeader(new Uint8Array(), claims))).toBeUndefined();
  });

  it('whose header is packed over and over, or unpacks to more than it may, are refused', async () => {
    let archive = packed(Uint8Array.of(0x17), streamsInfo([copied(header)], 0, true));
    let inner: Uint8Array = header;
    for (let depth = 0; depth < 6; depth++) {
      inner = archive;
      archive = packed(Uint8Array.of(0x17), streamsInfo([copied(inner)], 0, true));
      expect(await outcome(aroundHeader(inner, archive))).toBeUndefined();
    }
    const bomb = (bytes: Uint8Array): MadeFolder => ({
      ...copied(bytes),
      coders: [coder.deflate],
      sizes: [2 ** 30],
      packed: new Uint8Array(deflateRawSync(bytes)),
    });
    await expect(readSevenZip(inputOf(packedHeader7z([], [], bomb)), reading())).rejects.toMatchObject({
      reason: 'feature',
    });
  });

  it('with a circle of coders are refused, and those with odd ones by name', async () => {
    const inCircle = packed(
      Uint8Array.of(1, 4, 6, 0, 1, 9, 1, 0, 7, 0x0b, 1, 0),
      // Two coders of one input each that feed each other, and a packed stream for nobody.
      Uint8Array.of(2, 1, 0, 1, 0, 0, 0, 0x0c, 1, 1, 0, 0, 0),
    );
    await outcome(aroundHeader(Uint8Array.of(1), inCircle));
    const lzma = { method: '030101', properties: lzmaPropertyBytes({ lc: 3, lp: 0, pb: 2 }, 2 ** 31) };
    const huge = { ...copied(one), coders: [lzma], sizes: [2 ** 31] };
    const unknown = { ...copied(one), coders: [{ method: '0badcafe', properties: new Uint8Array() }] };
    const wrong = { ...copied(one), coders: [{ ...lzma, properties: Uint8Array.of(255, 0, 0, 0, 0) }] };
    const members = await outcome(made7z([huge, unknown, wrong], [{ name: 'a' }, { name: 'b' }, { name: 'c' }]));
    expect(members?.map(({ refusal }) => (refusal as { reason?: string } | undefined)?.reason)).toEqual([
      'feature',
      'compressed',
      'damaged',
    ]);
  });

  it('with very many files are read in time', async () => {
    const count = 20_000;
    const contents = Array.from({ length: count }, () => one.subarray(0, 1));
    const names = contents.map((_, at) => ({ name: `folder/${at}`, modifiedMs: 1_700_000_000_000 + at }));
    const archive = made7z([copied(...contents)], names);
    const startedMs = performance.now();
    const { members } = await readSevenZip(inputOf(archive), reading());
    expect(members.length).toBe(count);
    expect(performance.now() - startedMs).toBeLessThan(3000);
  });
});
