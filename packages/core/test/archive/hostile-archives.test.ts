import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ArchiveInput, ArchiveListing, ReadArchiveOptions } from '../../src/archive/archive.js';
import { recipeSize } from '../../src/archive/byte-recipe.js';
import { readTar, tarSignature } from '../../src/archive/tar/read-tar.js';
import { readZip, zipSignature } from '../../src/archive/zip/read-zip.js';
import { hasCode } from '../../src/errors/index.js';
import { bytesOf, memoryInput, noKeys } from './memory-input.js';
import { makeTar, pax } from './tar/make-tar.js';
import { field, makeZip, u32 } from './zip/make-zip.js';

type Reader = (input: ArchiveInput, options: ReadArchiveOptions) => Promise<ArchiveListing>;

const time = field(0x5455, Buffer.concat([Buffer.from([1]), u32(1_600_000_000)]));
const member = { name: 'film.mkv', data: 'the film' };
const zips = [
  makeZip({
    members: [member, { ...member, name: 'b/', extra: time }, { name: 'c', data: 'c'.repeat(99), method: 8 }],
  }),
  makeZip({
    members: [{ ...member, isLong: true, descriptorBytes: 24 }, member],
    isLong: true,
    prefix: Buffer.from('MZ'),
  }),
];
const tars = [
  makeTar(member, { name: 'l', type: '2', link: 'film.mkv' }, pax({ path: 'long', size: '8' }), member),
  makeTar({ type: 'L', data: 'long\0' }, member, { name: 'h', type: '1', link: 'long' }, { name: 's', type: 'S' }),
];
const readers: readonly (readonly [name: string, read: Reader, archives: readonly Buffer[]])[] = [
  ['zip', readZip, zips],
  ['zip in parts', (input, options) => readZip(input, { ...options, partSizes: [10, 40, 70] }), zips],
  ['tar', readTar, tars],
];

/** What a reader may do with hostile bytes: give a listing whose recipes stay inside them, or a typed error. */
async function isHarmless(read: Reader, bytes: Uint8Array): Promise<void> {
  const input = memoryInput(bytes);
  try {
    const { members, warnings } = await read(input, noKeys);
    expect(warnings.length).toBeLessThanOrEqual(100);
    for (const { content, refusal, kind, size } of members) {
      expect(Number.isSafeInteger(size) && size >= 0).toBe(true);
      if (refusal !== undefined) expect(hasCode(refusal, 'ERR_ARCHIVE_UNSUPPORTED')).toBe(true);
      else if (kind !== 'folder') expect(recipeSize(content!)).toBe(size);
      if (content !== undefined && content.from !== 'codec') expect(bytesOf(content, bytes).length).toBe(size);
    }
  } catch (error) {
    if (!hasCode(error, 'ERR_ARCHIVE_UNSUPPORTED')) throw error;
  }
  for (const { end } of input.reads) expect(end).toBeLessThanOrEqual(bytes.length);
}

/** An archive with some bytes changed, cut out or put in. */
const mutated = (archives: readonly Buffer[]) =>
  fc
    .record({
      archive: fc.constantFrom(...archives),
      changes: fc.array(
        fc.record({
          at: fc.nat(),
          bytes: fc.oneof(fc.uint8Array({ maxLength: 8 }), fc.constantFrom(Buffer.alloc(4, 255), Buffer.alloc(8))),
          removed: fc.oneof({ arbitrary: fc.constant(-1), weight: 4 }, { arbitrary: fc.nat(40), weight: 1 }),
        }),
        { maxLength: 5 },
      ),
    })
    .map(({ archive, changes }) => {
      let bytes = Buffer.from(archive);
      for (const { at, bytes: put, removed } of changes) {
        const start = at % (bytes.length + 1);
        const end = start + (removed < 0 ? put.length : removed);
        bytes = Buffer.concat([bytes.subarray(0, start), put, bytes.subarray(Math.min(end, bytes.length))]);
      }
      return bytes;
    });

describe.each(readers)('hostile bytes as %s', (_name, read, archives) => {
  it('random ones are harmless', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), (bytes) => isHarmless(read, bytes)),
      { numRuns: 300 },
    );
  });

  it('an archive that was tampered with is harmless', async () => {
    await fc.assert(
      fc.asyncProperty(mutated(archives), (bytes) => isHarmless(read, bytes)),
      { numRuns: 1500 },
    );
  });

  it('an archive that ends anywhere is harmless', async () => {
    for (const archive of archives)
      for (let end = 0; end < archive.length; end += 1 + (end >> 6)) await isHarmless(read, archive.subarray(0, end));
  });
});

describe('signatures', () => {
  it('take any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (head) => {
        for (const signature of [zipSignature, tarSignature]) expect(signature(head)).toBeTypeOf('boolean');
      }),
    );
  });
});
