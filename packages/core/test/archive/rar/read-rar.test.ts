import { describe, expect, it } from 'vitest';
import { assembleRar } from '../../../src/archive/rar/assemble.js';
import { readRarVolume } from '../../../src/archive/rar/read-volume.js';
import { bytesOf, inputOf, modifiedMs, options, readAll, type TestArchive, testArchive } from './support.js';

const formats = ['rar4', 'rar5'] as const;
const files = [
  { name: 'folder/first.bin', size: 5000 },
  { name: 'empty', size: 0 },
  { name: 'Fülle/電影.mkv', size: 23_456 },
  { name: 'last.txt', size: 1 },
];

async function expectWhole(archive: TestArchive): Promise<void> {
  const { members, warnings } = assembleRar(await readAll(archive));
  expect(warnings).toEqual([]);
  expect(members.map(({ path, refusal }) => [path, refusal])).toEqual(
    archive.files.map(({ path }) => [path, undefined]),
  );
  for (const [at, member] of members.entries()) {
    const { bytes } = archive.files[at] as TestArchive['files'][number];
    expect(member.size).toBe(bytes.length);
    expect(member.modifiedMs).toBe(modifiedMs);
    expect(bytesOf(member.content!, archive.volumes).equals(bytes)).toBe(true);
  }
}

describe.each(formats)('reading %s', (format) => {
  it('gives the members of one volume', () => expectWhole(testArchive({ format }, files)));

  it.each([300, 1000, 5001, 20_000])('gives members that go through volumes of %i bytes', (volumeBytes) =>
    expectWhole(testArchive({ format, volumeBytes }, files)),
  );

  it('reads a few KiB at the beginning, and no more of a volume that ends in the middle of a member', async () => {
    const { volumes } = testArchive({ format, volumeBytes: 50_000 }, [{ name: 'a', size: 200_000 }]);
    const input = inputOf(volumes[1]!);
    const { pieces } = await readRarVolume(input, options);
    expect(
      pieces.map(({ continuesFromPrevious, continuesInNext }) => [continuesFromPrevious, continuesInNext]),
    ).toEqual([[true, true]]);
    expect(input.reads).toEqual([{ start: 0, length: 4096 }]);
  });

  it('hops over the data of members', async () => {
    const { volumes } = testArchive(
      { format },
      [1, 2, 3].map((n) => ({ name: `${n}`, size: 100_000 })),
    );
    const input = inputOf(volumes[0]!);
    expect((await readRarVolume(input, options)).pieces.length).toBe(3);
    expect(input.reads.length).toBe(4);
    expect(input.reads.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(4096 + 3 * 1024 + 1);
  });
});
