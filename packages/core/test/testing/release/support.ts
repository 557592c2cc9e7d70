import { makeRelease, type Release, type ReleaseArchive, type ReleasePayload } from '../../../src/testing.js';

/** A payload with a folder, a name beyond ASCII, an empty file and one larger than a volume. */
export const payload = [
  { name: 'folder/film.mkv', size: 25_000 },
  { name: 'größe.txt', bytes: Buffer.from('how large is it?') },
  { name: 'empty.nfo', size: 0 },
  { name: 'last.bin', size: 4_321 },
];

export const packedRelease = (archive: ReleaseArchive, files: readonly ReleasePayload[] = payload, seed = 1): Release =>
  makeRelease({ name: 'pack', files, archive, partBytes: 3000, seed });

/** All bytes of every posted file. */
export const volumesOf = (release: Release): Buffer[] =>
  release.files.map((file) => Buffer.from(file.read({ start: 0, end: file.size })));

/** A member as it is found in an archive. */
export interface Found {
  readonly path: string;
  readonly bytes: Buffer;
  readonly crc: number;
}

/** What should be found. */
export const expected = (release: Release): Found[] =>
  release.members.map((member) => ({
    path: member.path,
    bytes: Buffer.from(member.read({ start: 0, end: member.size })),
    crc: member.crc32(),
  }));
