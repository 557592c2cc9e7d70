import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { type Release as Added, NewsreelError } from '../../src/index.js';
import { makeRelease, type Release, type ReleaseArchive, type ReleaseMember } from '../../src/testing.js';
import { setStrictLeases } from '../../src/util/lease.js';
import { engineOf } from './reading.js';

setStrictLeases(true);

const stray: unknown[] = [];
const note = (reason: unknown) => void stray.push(reason);
process.on('unhandledRejection', note);
afterEach(() => {
  expect(stray.splice(0)).toEqual([]);
});

/** Longest that anything may take, adding and reading everything. */
const deadlineMs = 15_000;
const password = 'pw';
const volumeBytes = 9000;
const archives: Readonly<Record<string, ReleaseArchive>> = {
  'RAR 5': { format: 'rar5', volumeBytes },
  'RAR 4': { format: 'rar4', volumeBytes },
  'RAR 5, headers encrypted': { format: 'rar5', volumeBytes, password, encrypt: 'headers', keyRoundsLog2: 0 },
  '7z': { format: '7z', volumeBytes, header: 'lzma' },
  '7z, encrypted': { format: '7z', volumeBytes, password, keyRoundsLog2: 0 },
  ZIP: { format: 'zip', volumeBytes, compression: 'deflate' },
  tar: { format: 'tar' },
  disc: { format: 'iso' },
  'RAR in ZIP': { format: 'zip', volumeBytes, inside: { format: 'rar4', volumeBytes: 15_000 } },
};
const payload = [
  { name: 'a/one.bin', size: 21_000 },
  { name: 'two.txt', bytes: Buffer.from('two '.repeat(2000)) },
  { name: 'three.nfo', size: 100 },
];

/** What is done to the volumes of a release. `at` and `other` say which and where, from 0 to 1. */
type Change =
  | { readonly what: 'flip'; readonly at: number; readonly place: number; readonly bits: number }
  | { readonly what: 'cut'; readonly at: number; readonly place: number }
  | { readonly what: 'drop' | 'double'; readonly at: number }
  | { readonly what: 'swap'; readonly at: number; readonly other: number };

const share = fc.double({ min: 0, max: 0.999999, noNaN: true });
/** Headers stand at the ends, so most changes are made there. */
const place = fc.oneof(
  share,
  fc.integer({ min: 0, max: 300 }).map((at) => at / volumeBytes),
  fc.integer({ min: 1, max: 300 }).map((at) => 1 - at / volumeBytes),
);
const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      what: fc.constant('flip' as const),
      at: share,
      place,
      bits: fc.integer({ min: 1, max: 255 }),
    }),
  },
  fc.record({ what: fc.constant('cut' as const), at: share, place }),
  fc.record({ what: fc.constantFrom('drop' as const, 'double' as const), at: share }),
  fc.record({ what: fc.constant('swap' as const), at: share, other: share }),
);

interface Volume {
  readonly name: string;
  readonly bytes: Uint8Array;
}

function changed(volumes: readonly Volume[], changes: readonly Change[]): Volume[] {
  const all = volumes.map(({ name, bytes }) => ({ name, bytes: Uint8Array.from(bytes) }));
  for (const one of changes) {
    const index = Math.floor(one.at * all.length);
    const volume = all[index];
    if (volume === undefined) continue;
    const { bytes } = volume;
    if (one.what === 'flip') bytes[Math.floor(one.place * bytes.length)]! ^= one.bits;
    else if (one.what === 'cut') volume.bytes = bytes.subarray(0, Math.floor(one.place * bytes.length));
    else if (one.what === 'drop' && all.length > 1) all.splice(index, 1);
    else if (one.what === 'double') all.push({ name: `again-${all.length}-${volume.name}`, bytes });
    else if (one.what === 'swap') {
      const other = all[Math.floor(one.other * all.length)] ?? volume;
      [volume.bytes, other.bytes] = [other.bytes, volume.bytes];
    }
  }
  return all;
}

/** Adds a release and reads everything in it. @returns members by path: their bytes, or the code of why there are none */
async function readAll(release: Release): Promise<ReadonlyMap<string, Uint8Array | string>> {
  const { engine, provider } = await engineOf(release);
  const signal = AbortSignal.timeout(deadlineMs);
  const found = new Map<string, Uint8Array | string>();
  try {
    const added: Added = await engine.library.add(release.nzb, { password: [password], signal });
    for (const { path, size, refusal } of added.members) {
      if (refusal !== undefined) continue;
      // A size that a damaged header gives is nothing to hold in memory.
      found.set(path.slice(added.path.length + 1), await read(path, Math.min(size, 100_000)));
    }
  } finally {
    await engine.close();
  }
  expect(signal.aborted).toBe(false);
  expect([provider.held, provider.ledger.usedBytes]).toEqual([0, 0]);
  return found;

  async function read(path: string, length: number): Promise<Uint8Array | string> {
    try {
      const handle = await engine.library.open(path, { signal });
      try {
        return await handle.read(0, length, { signal });
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (!NewsreelError.isInstance(error)) throw error;
      return error.code;
    }
  }
}

describe('damaged archives', () => {
  it.each(Object.entries(archives))(
    '%s: open as far as they can, fail by names, and leave nothing behind',
    async (_name, archive) => {
      const whole = makeRelease({ name: 'pack', files: payload, archive });
      const volumes = whole.files.map(({ name, size, read }) => ({ name, bytes: read({ start: 0, end: size }) }));
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
          const files = changed(volumes, changes);
          const names = new Set(files.map(({ name }) => name));
          fc.pre(names.size === files.length);
          const found = await readAll(makeRelease({ name: 'pack', files, partBytes: 4000 }));
          // Bytes of members are not protected by what is read of headers, so only volumes that lost none can be judged.
          if (changes.some(({ what }) => what === 'flip' || what === 'cut')) return;
          for (const member of whole.members) expectSame(found.get(member.path), member);
        }),
        { numRuns: 40 },
      );
    },
  );
});

/** A member that is there without an error is as it was packed: volumes that stray are noticed. */
function expectSame(found: Uint8Array | string | undefined, member: ReleaseMember): void {
  if (found === undefined || typeof found === 'string') return;
  expect(Buffer.compare(found, member.read({ start: 0, end: member.size })), member.path).toBe(0);
}
