import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assembleRar } from '../../../src/archive/rar/assemble.js';
import { orderRarVolumes } from '../../../src/archive/rar/order-volumes.js';
import { predictRarSet } from '../../../src/archive/rar/predict-set.js';
import { readRarVolume } from '../../../src/archive/rar/read-volume.js';
import type { RarVolume } from '../../../src/archive/rar/volume.js';
import { ArchiveUnsupportedError, PasswordError } from '../../../src/errors/index.js';
import { extraRecord, vint } from '../../../src/testing/release/archive/rar/rar5-block.js';
import {
  archive4,
  archive5,
  end4,
  file4,
  file5,
  main4,
  main5,
  redirection,
  signature4,
  signature5,
} from './headers.js';
import { bytesOf, inputOf, options, readAll, testArchive } from './support.js';

/** Counts what is asked for instead of deriving keys: salts are random here. */
const hostileOptions = {
  passwords: ['password'],
  keys: {
    rar4: async () => ({ key: Buffer.alloc(16), iv: Buffer.alloc(16) }),
    rar5: async () => ({ key: Buffer.alloc(32), hashKey: Buffer.alloc(32), check: Buffer.alloc(8) }),
    sevenZip: async () => Buffer.alloc(32),
  },
};

const isTyped = (error: unknown) => error instanceof ArchiveUnsupportedError || error instanceof PasswordError;

/** Reads, and shows that the outcome is one of two: a listing that keeps its promises, or a typed error. */
async function outcome(bytes: Uint8Array): Promise<RarVolume | undefined> {
  const input = inputOf(bytes);
  try {
    const volume = await readRarVolume(input, { ...hostileOptions, toEnd: true });
    expect(volume.warnings.length).toBeLessThanOrEqual(100);
    const { members, warnings } = assembleRar([volume]);
    expect(warnings.length).toBeLessThanOrEqual(100);
    for (const { content, refusal, size, kind } of members) {
      expect(Number.isSafeInteger(size) && size >= 0).toBe(true);
      expect(refusal === undefined || isTyped(refusal)).toBe(true);
      expect(kind === 'folder' || (content === undefined) !== (refusal === undefined)).toBe(true);
      if (content !== undefined) expect(bytesOf(content, [bytes]).length).toBe(size);
    }
    return volume;
  } catch (error) {
    if (!isTyped(error)) throw error;
    return undefined;
  } finally {
    expect(input.reads.length).toBeLessThan(10 + bytes.length / 7);
  }
}

const data = Buffer.from('these are the bytes of it');
const lock = extraRecord(1, vint(0), vint(3), Buffer.alloc(1 + 16 + 16 + 12, 1));
const rich5 = archive5(
  file5({ name: 'CMT', data, type: 3 }),
  file5({ name: 'a', data, fileFlags: 6, records: [extraRecord(2, vint(0), Buffer.alloc(32)), lock] }),
  file5({ name: 'b', data, fileFlags: 6, information: 0x980 }),
  file5({ name: 'link', records: [redirection(1, 'a')] }),
  file5({ name: 'same', records: [redirection(4, 'b')], size: data.length }),
  file5({ name: 'folder', fileFlags: 1, records: [extraRecord(3, vint(3), Buffer.alloc(4, 0x66))] }),
);
const rich4 = archive4(
  file4({ name: 'CMT', data, type: 0x7a }),
  file4({ name: Buffer.from('abc\0\x04\xc0\x81\x10', 'latin1'), data, flags: 0x200 }),
  file4({ name: 'a', data: Buffer.alloc(32), flags: 0x404, tail: Buffer.alloc(8), size: 20 }),
  file4({
    name: 'large',
    data,
    flags: 0x100,
    high: [
      [4, 0],
      [4, 0],
    ],
  }),
  file4({ name: 'time', data, flags: 0x1000, tail: Buffer.from([0xff, 0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9]) }),
  file4({ name: 'folder', flags: 0xe0 }),
);
const edits = fc.array(fc.record({ at: fc.nat(), byte: fc.nat(255) }), { minLength: 1, maxLength: 4 });

/** Changes bytes, and makes the checksums right again where `isMended` says so. */
function edited(bytes: Buffer, changes: readonly { at: number; byte: number }[], cutAt: number): Buffer {
  const copy = Buffer.from(bytes);
  for (const { at, byte } of changes) copy[at % copy.length] = byte;
  return copy.subarray(0, cutAt % (copy.length * 4));
}

describe('hostile volumes', () => {
  it.each([
    ['RAR 4', signature4],
    ['RAR 5', signature5],
    ['nothing', Buffer.alloc(0)],
  ])('random bytes behind the signature of %s', async (_name, signature) => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), async (bytes) => {
        await outcome(Buffer.concat([signature, bytes]));
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['RAR 4', rich4],
    ['RAR 5', rich5],
  ])('changed and cut archives of %s', async (_name, rich) => {
    expect((await outcome(rich))!.pieces.length).toBeGreaterThan(4);
    await fc.assert(
      fc.asyncProperty(edits, fc.nat(), async (changes, cutAt) => {
        await outcome(edited(rich, changes, cutAt));
      }),
      { numRuns: 500 },
    );
  });

  const anyBytes = fc.uint8Array({ maxLength: 80 });
  const any32 = fc.oneof(fc.constantFrom(0, 1, 0xffffffff, 0x7fffffff), fc.nat(200));

  it('headers of RAR 4 whose checksums are right and nothing else', async () => {
    const file = fc.record({
      name: anyBytes,
      data: anyBytes,
      size: any32,
      packedBytes: any32,
      flags: fc.nat(0xffff),
      type: fc.constantFrom(0x74, 0x74, 0x7a, 0x75, 0x7b, 0x73, 0xff),
      version: fc.constantFrom(15, 20, 29, 36, 255),
      method: fc.constantFrom(0x30, 0x33, 0),
      time: fc.nat(0xffffffff),
      tail: anyBytes,
    });
    await fc.assert(
      fc.asyncProperty(fc.nat(0xffff), fc.array(file, { maxLength: 5 }), async (flags, files) => {
        await outcome(Buffer.concat([signature4, main4(flags), ...files.map(file4), end4(flags & 15)]));
      }),
      { numRuns: 300 },
    );
  });

  it('headers of RAR 5 whose checksums are right and nothing else', async () => {
    const record = fc.tuple(fc.nat(8), anyBytes).map(([type, bytes]) => extraRecord(type, bytes));
    const file = fc.record({
      name: anyBytes,
      data: anyBytes,
      size: fc.oneof(any32, fc.constantFrom(2 ** 53, 2 ** 63)),
      packedBytes: fc.oneof(any32, fc.constantFrom(2 ** 52, 2 ** 53, 2 ** 63)),
      flags: fc.constantFrom(0, 8, 16, 24, 4),
      fileFlags: fc.nat(15),
      information: fc.nat(0xfffff),
      records: fc.array(fc.oneof(record, fc.constant(lock), anyBytes), { maxLength: 4 }),
      type: fc.constantFrom(2, 2, 2, 3, 1, 4, 5, 9),
    });
    await fc.assert(
      fc.asyncProperty(fc.nat(7), fc.array(file, { maxLength: 5 }), async (flags, files) => {
        await outcome(Buffer.concat([signature5, main5(flags, vint(7)), ...files.map(file5)]));
      }),
      { numRuns: 300 },
    );
  });

  it('data that claims to be larger than the volume does not hide what came before', async () => {
    for (const archive of [
      archive4(file4({ name: 'a', data }), file4({ name: 'b', packedBytes: 2 ** 31, size: 2 ** 31 })),
      archive5(file5({ name: 'a', data }), file5({ name: 'b', packedBytes: 2 ** 52, size: 2 ** 52 })),
    ]) {
      const { members } = assembleRar([(await outcome(archive))!]);
      expect(members.map(({ refusal }) => (refusal as { reason?: string })?.reason)).toEqual([undefined, 'incomplete']);
    }
  });

  it('a damaged header does not hide what came before', async () => {
    for (const [whole, file] of [
      [archive4(file4({ name: 'a', data }), file4({ name: 'b', data })), file4({ name: 'a', data })],
      [archive5(file5({ name: 'a', data }), file5({ name: 'b', data })), file5({ name: 'a', data })],
    ] as const) {
      const bytes = Buffer.from(whole);
      const second = bytes.lastIndexOf('b', bytes.lastIndexOf(data));
      expect(second).toBeGreaterThan(file.length);
      bytes[second]! ^= 1;
      const { pieces, warnings } = (await outcome(bytes))!;
      expect(pieces.map(({ path }) => path)).toEqual(['a']);
      expect(warnings).toEqual([expect.stringContaining('checksum')]);
    }
  });

  it('sizes that cannot be right are said to be damage', async () => {
    for (const bytes of [
      archive4(file4({ name: 'a', data, size: 99 })),
      archive5(file5({ name: 'a', data, size: 9 })),
    ]) {
      const { members } = assembleRar([(await outcome(bytes))!]);
      expect(members[0]!.refusal).toMatchObject({ reason: 'damaged' });
    }
  });

  it('limits names, headers, blocks and time', async () => {
    const long = file5({ name: 'x'.repeat(20_000), data });
    const { pieces, warnings } = (await outcome(archive5(long, file5({ name: 'a', data }))))!;
    expect([pieces.length, warnings.length]).toEqual([1, 1]);
    const large = Buffer.concat([signature5, Buffer.alloc(4), vint(2 ** 21 - 1), Buffer.alloc(2 ** 21)]);
    await expect(readRarVolume(inputOf(large), options)).rejects.toMatchObject({ reason: 'damaged' });
    const many = archive5(Buffer.concat(Array.from({ length: 200_001 }, () => main5())));
    expect((await outcome(many))!.warnings).toEqual([expect.stringContaining('200000 blocks')]);
  });

  it('stops where it is told to', async () => {
    const stopped = { ...options, signal: AbortSignal.abort(new Error('enough')) };
    await expect(readRarVolume(inputOf(rich5), stopped)).rejects.toThrow('enough');
  });
});

describe('hostile heaps', () => {
  const size = fc.constantFrom(500, 800, 801);
  const archive = fc.record({ format: fc.constantFrom('rar4' as const, 'rar5' as const), size, seed: fc.nat(2) });
  const changes = fc.record({ number: fc.constantFrom(undefined, 0, 1, 5, 2 ** 40), isFirst: fc.boolean() });
  const name = fc.constantFrom('x.rar', 'x.r00', 'x.r99', 'x.part1.rar', 'x.part99999.rar', 'y', 'y.001', 'y.000', '');

  it('gives every volume one place, whatever headers and names say', async () => {
    const property = fc.asyncProperty(
      fc.array(archive, { minLength: 1, maxLength: 3 }),
      fc.array(fc.record({ at: fc.nat(), changes: fc.option(changes), name }), { minLength: 1, maxLength: 30 }),
      async (archives, picks) => {
        const made = archives.map(({ format, size, seed }) =>
          testArchive({ format, volumeBytes: size }, [
            { name: `${seed}`, size: 3000 + seed },
            { name: 'z', size: 900 },
          ]),
        );
        const all = (await Promise.all(made.map((one) => readAll(one)))).flat();
        const heap = picks.map(({ at, changes, name }) => ({
          name,
          volume: { ...all[at % all.length]!, ...(changes ?? {}) },
        }));
        const sets = orderRarVolumes(heap);
        const placed = sets.flatMap(({ order, setAside }) => [...order.filter((at) => at !== undefined), ...setAside]);
        expect([...placed].sort((a, b) => a - b)).toEqual(heap.map((_, at) => at));
        for (const { order, missing, isComplete } of sets) {
          expect(order.length).toBeLessThan(2000);
          expect(missing.every((at) => order[at] === undefined)).toBe(true);
          expect(isComplete).toBe(missing.length === 0);
          const volumes = order.map((at) => (at === undefined ? undefined : heap[at]!.volume));
          for (const { content, refusal, kind } of assembleRar(volumes).members)
            expect(kind === 'folder' || (content === undefined) !== (refusal === undefined)).toBe(true);
          const [first, second] = volumes;
          const last = volumes.at(-1);
          if (first && second && last) predictRarSet({ count: order.length, first, second, last });
        }
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });

  it('takes no time for many volumes of one name', async () => {
    const [volume] = await readAll(testArchive({ format: 'rar4', volumeBytes: 500 }, [{ name: 'a', size: 3000 }]));
    const heap = (change: (at: number) => Partial<RarVolume>) =>
      Array.from({ length: 3000 }, (_, at) => ({ name: 'x.rar', volume: { ...volume!, ...change(at) } }));
    const started = performance.now();
    orderRarVolumes(heap(() => ({})));
    orderRarVolumes(heap((number) => ({ number })));
    orderRarVolumes(heap(() => ({ pieces: [] })));
    orderRarVolumes(heap((at) => ({ pieces: [{ ...volume!.pieces[0]!, path: `${at}` }] })));
    expect(performance.now() - started).toBeLessThan(4000);
  });
});
