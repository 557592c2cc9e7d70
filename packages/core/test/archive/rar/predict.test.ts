import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assembleRar } from '../../../src/archive/rar/assemble.js';
import { predictRarSet } from '../../../src/archive/rar/predict-set.js';
import type { RarVolume } from '../../../src/archive/rar/volume.js';
import { options, readAll, testArchive } from './support.js';

const password = 'password';
const opened = { ...options, passwords: [password] };

/** What a prediction claims about a volume. */
const places = (volumes: readonly (RarVolume | undefined)[]) =>
  volumes.map((volume) => [volume?.blocksStart, volume?.pieces[0]?.start, volume?.pieces[0]?.end]);

const predict = (volumes: readonly RarVolume[]) =>
  predictRarSet({ count: volumes.length, first: volumes[0]!, second: volumes[1]!, last: volumes.at(-1)! });

const sets = fc.record({
  format: fc.constantFrom('rar4' as const, 'rar5' as const),
  encrypt: fc.constantFrom(undefined, 'data' as const, 'headers' as const),
  volumeBytes: fc.oneof(fc.integer({ min: 400, max: 700 }), fc.integer({ min: 16_300, max: 16_800 })),
  // Numbers of volumes get longer from 128 on.
  count: fc.oneof(fc.integer({ min: 4, max: 12 }), fc.integer({ min: 126, max: 132 })),
  partOfLast: fc.double({ min: 0, max: 1, noNaN: true }),
  name: fc.constantFrom('a', 'a rather long name of a movie in a folder/with another one.mkv'),
  before: fc.constantFrom(0, 50),
});

describe('predicting a set', () => {
  it('is right or not done at all, whatever is packed', async () => {
    let done = 0;
    const property = fc.asyncProperty(sets, async (set) => {
      const { format, encrypt, volumeBytes, count, partOfLast, name, before } = set;
      const size = Math.floor((count - 1 + partOfLast) * (volumeBytes - 160));
      const files = [...(before > 0 ? [{ name: 'before', size: before }] : []), { name, size }];
      const keyRoundsLog2 = encrypt && format === 'rar5' ? 2 : undefined;
      const archive = { format, volumeBytes, encrypt, password: encrypt && password, keyRoundsLog2 };
      const volumes = await readAll(testArchive(archive, files), opened);
      const predicted = predict(volumes);
      if (predicted === undefined) return;
      done++;
      expect(places(predicted).slice(1)).toEqual(places(volumes).slice(1));
      expect(predicted.map(({ isPredicted }) => isPredicted === true)).toEqual(
        volumes.map((_, at) => at > 1 && at < volumes.length - 1),
      );
      const content = ({ members }: ReturnType<typeof assembleRar>) => members.map((member) => member.content);
      expect(content(assembleRar(predicted))).toEqual(content(assembleRar(volumes)));
    });
    await fc.assert(property, { numRuns: 25 });
    expect(done).toBeGreaterThan(12);
  });

  it.each(['rar4', 'rar5'] as const)('does not go wrong for %s when anything does not agree', async (format) => {
    const volumes = await readAll(testArchive({ format, volumeBytes: 1000 }, [{ name: 'a', size: 10_000 }]));
    const [first, second] = volumes as [RarVolume, RarVolume];
    const last = volumes.at(-1)!;
    const ends = { count: volumes.length, first, second, last };
    expect(predictRarSet(ends)).toBeDefined();
    const piece = second.pieces[0]!;
    const wrong = [
      { ...ends, count: ends.count + 1 },
      { ...ends, count: ends.count - 1 },
      { ...ends, count: 2 },
      { ...ends, first: second },
      { ...ends, last: second },
      { ...ends, last: { ...last, size: second.size + 1 } },
      { ...ends, second: { ...second, isSolid: true } },
      { ...ends, second: { ...second, number: 2 } },
      { ...ends, second: { ...second, pieces: [] } },
      { ...ends, second: { ...second, pieces: [piece, piece] } },
      ...[
        { path: 'b' },
        { unpackedSize: 10_001 },
        { end: piece.end - 1 },
        { start: piece.start - 1 },
        { method: { isStored: false, name: 'packed' } },
        { refusal: new Error('damaged') },
      ].map((change) => ({ ...ends, second: { ...second, pieces: [{ ...piece, ...change }] } })),
    ];
    for (const set of wrong) expect(predictRarSet(set)).toBeUndefined();
  });

  it('is for members that go through all volumes', async () => {
    const files = [
      { name: 'a', size: 5000 },
      { name: 'b', size: 5000 },
    ];
    for (const format of ['rar4', 'rar5'] as const)
      expect(predict(await readAll(testArchive({ format, volumeBytes: 1000 }, files)))).toBeUndefined();
  });
});
