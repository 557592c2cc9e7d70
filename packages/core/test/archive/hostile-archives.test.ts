import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ArchiveInput, ArchiveListing, ReadArchiveOptions } from '../../src/archive/archive.js';
import { recipeSize } from '../../src/archive/byte-recipe.js';
import { readDisc } from '../../src/archive/disc/read-disc.js';
import { readTar, tarSignature } from '../../src/archive/tar/read-tar.js';
import { readZip, zipSignature } from '../../src/archive/zip/read-zip.js';
import { hasCode } from '../../src/errors/index.js';
import { bytesField, makeIso, nameField } from './disc/make-iso.js';
import { makeUdf } from './disc/make-udf.js';
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
const nested = [
  { path: 'A' },
  { path: 'A/B' },
  { path: 'A/B/C', data: 'c', fields: [nameField('c'), bytesField('TF', [2, 121, 7, 2, 3, 4, 5, 0])] },
  { path: 'D', data: '', fields: [nameField('d'), bytesField('SL', [0, 0, 1, 65])], moreFields: [nameField('e')] },
  { path: 'E', data: 'e'.repeat(5000), extents: [2048] },
];
const isos = [
  makeIso({ entries: nested, hasRockRidge: true }).bytes,
  makeIso({ entries: nested, joliet: [{ path: 'ж' }, { path: 'ж/ж', data: 'ж' }] }).bytes,
];
const udfFiles = [
  { path: 'a/b/c', data: 'c'.repeat(3000), form: 'short' as const, extentBytes: 512, extentsPerList: 2 },
  { path: 'a/d', data: 'd', form: 'embedded' as const, isIndirect: true },
  { path: 'ж', data: 'e'.repeat(1000), form: 'extended' as const },
];
const udfs = [
  makeUdf({ files: udfFiles, blockBytes: 512 }),
  makeUdf({ files: udfFiles.slice(1), blockBytes: 512, hasMetadata: true, isExtended: true }),
];
const readers: readonly (readonly [name: string, read: Reader, archives: readonly Buffer[]])[] = [
  ['zip', readZip, zips],
  ['zip in parts', (input, options) => readZip(input, { ...options, partSizes: [10, 40, 70] }), zips],
  ['tar', readTar, tars],
  ['disc', readDisc, isos],
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

/** Bytes that mean something changed in place, and checksums that fit all the same. */
const forged = (archives: readonly Buffer[], sumsOf: Sums) => {
  const places = archives.map((archive) =>
    [...archive.keys()].filter((at) => archive[at] !== 0 || archive[at - 1] !== 0),
  );
  const refreshes = archives.map(sumsOf);
  return fc
    .record({
      which: fc.nat(archives.length - 1),
      changes: fc.array(
        fc.record({ at: fc.nat(), bytes: fc.oneof(fc.uint8Array({ maxLength: 4 }), fc.constantFrom(...tellingBytes)) }),
        { maxLength: 6 },
      ),
    })
    .map(({ which, changes }) => {
      const original = archives[which]!;
      const bytes = Buffer.from(original);
      for (const { at, bytes: put } of changes)
        Buffer.from(put).copy(bytes, Math.min(places[which]![at % places[which]!.length]!, bytes.length - put.length));
      refreshes[which]!(bytes);
      return bytes;
    });
};
const tellingBytes = [Buffer.alloc(4, 255), Buffer.alloc(4), Buffer.from([255, 255, 255, 127]), Buffer.from('7777777')];

/** Finds the checksums of an archive, and gives what makes them right again. */
type Sums = (original: Buffer) => (bytes: Buffer) => void;

const everyNth = (length: number, step: number) =>
  Array.from({ length: Math.floor(length / step) }, (_, at) => at * step);

const tarSums: Sums = (original) => {
  const headers = everyNth(original.length, 512).filter((at) => tarSignature(original.subarray(at)));
  return (bytes) => {
    for (const at of headers) {
      bytes.fill(' ', at + 148, at + 156);
      const sum = bytes.subarray(at, at + 512).reduce((total, byte) => total + byte, 0);
      bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1');
    }
  };
};

const udfSums: Sums = (original) => {
  const sumOf = (bytes: Buffer, at: number) =>
    (bytes.subarray(at, at + 16).reduce((sum, byte) => sum + byte, 0) - bytes[at + 4]!) & 255;
  const tags = everyNth(original.length - 16, 4).filter(
    (at) => original[at] !== 0 && original[at + 4] === sumOf(original, at),
  );
  return (bytes) => {
    for (const at of tags) bytes[at + 4] = sumOf(bytes, at);
  };
};

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
      { numRuns: 500 },
    );
  });

  it('an archive that ends anywhere is harmless', async () => {
    for (const archive of archives)
      for (let end = 0; end < archive.length; end += 1 + (end >> 6)) await isHarmless(read, archive.subarray(0, end));
  });
});

const forgeries: readonly (readonly [name: string, read: Reader, archives: readonly Buffer[], sumsOf: Sums])[] = [
  ['tar', readTar, tars, tarSums],
  ['iso', readDisc, isos, () => () => {}],
  ['udf', readDisc, udfs, udfSums],
];

describe.each(forgeries)('forged %s', (_name, read, archives, sumsOf) => {
  it('is harmless', async () => {
    await fc.assert(
      fc.asyncProperty(forged(archives, sumsOf), (bytes) => isHarmless(read, bytes)),
      { numRuns: 400 },
    );
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
