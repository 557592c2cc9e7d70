import { describe, expect, it } from 'vitest';
import { makeRelease, type Release, type ReleasePayload } from '../../../src/testing.js';
import { expected, type Found, packedRelease, payload, volumesOf } from './support.js';

const long = `${'long name '.repeat(9)}end.txt`;
const files: readonly ReleasePayload[] = [
  ...payload,
  { name: 'a folder', folder: true },
  { name: `deep/${'folder '.repeat(12)}of names/${long}`, size: 3000 },
];
const byPath = (found: readonly Found[]) => new Map(found.map(({ path, bytes }) => [path, bytes.toString('base64')]));

/** Reads a tar, with the extended headers that are for one member. */
function untar(tar: Buffer): { members: Found[]; folders: string[]; globals: string[] } {
  const members: Found[] = [];
  const [folders, globals]: string[][] = [[], []];
  let pax = new Map<string, string>();
  for (let at = 0; tar[at] !== 0; ) {
    const block = tar.subarray(at, at + 512);
    const text = (start: number, end: number) => block.toString('utf8', start, end).replace(/\0.*$/s, '');
    const sum = block.reduce((all, byte, place) => all + (place >= 148 && place < 156 ? 32 : byte), 0);
    expect([text(257, 263), Number.parseInt(text(148, 156), 8)]).toEqual(['ustar', sum]);
    const size = Number.parseInt(text(124, 136), 8);
    const bytes = tar.subarray(at + 512, at + 512 + size);
    const path = pax.get('path') ?? text(0, 100);
    const kind = text(156, 157);
    at += 512 + Math.ceil(size / 512) * 512;
    if (kind === 'x') pax = new Map(recordsOf(bytes));
    if (kind === 'g') globals!.push(bytes.toString());
    if (kind === '0') members.push({ path, bytes, crc: 0 });
    if (kind === '5') folders!.push(path);
    if (kind === '0' || kind === '5') pax = new Map();
  }
  return { members, folders: folders!, globals: globals! };
}

function recordsOf(bytes: Buffer): [string, string][] {
  const records: [string, string][] = [];
  for (let at = 0; at < bytes.length; ) {
    const [digits] = /^\d+/.exec(bytes.toString('latin1', at)) ?? [''];
    const record = bytes.toString('utf8', at, at + Number(digits));
    expect(record.endsWith('\n')).toBe(true);
    const [key, value] = record.slice(digits!.length + 1, -1).split('=') as [string, string];
    records.push([key, value]);
    at += Number(digits);
  }
  return records;
}

describe('tar of a release', () => {
  it('has every member, whatever its name', () => {
    const release = packedRelease({ format: 'tar' }, files);
    expect(release.files.map(({ name }) => name)).toEqual(['pack.tar']);
    const { members, folders, globals } = untar(volumesOf(release)[0]!);
    expect(byPath(members)).toEqual(byPath(expected(release)));
    expect([folders, globals]).toEqual([['a folder/'], []]);
    expect([release.folders, release.files[0]!.size % 10_240]).toEqual([['a folder'], 0]);
  });

  it('may say more than is needed', () => {
    const release = packedRelease({ format: 'tar', extras: true }, files);
    const { members, globals } = untar(volumesOf(release)[0]!);
    expect(byPath(members)).toEqual(byPath(expected(release)));
    expect(globals).toHaveLength(1);
  });

  it('has sizes beyond eleven octal digits in an extended header', () => {
    const archive = { format: 'tar' as const };
    const release = makeRelease({ name: 't', files: [{ name: 'a', size: 2 ** 33 }], archive, partBytes: 2 ** 26 });
    const head = Buffer.from(release.files[0]!.read({ start: 0, end: 1536 }));
    expect(head.toString('latin1', 512, 532)).toBe('19 size=8589934592\n\0');
    expect(head.toString('latin1', 1024 + 124, 1024 + 135)).toBe('77777777777');
  });

  it('is cut when it is larger than a volume', () => {
    const release = packedRelease({ format: 'tar', volumeBytes: 20_000 }, files);
    expect(release.files.map(({ name }) => name)).toEqual(['pack.tar.001', 'pack.tar.002', 'pack.tar.003']);
    expect(byPath(untar(Buffer.concat(volumesOf(release))).members)).toEqual(byPath(expected(release)));
  });
});

interface Disc {
  readonly files: Map<string, readonly { sector: number; bytes: number }[]>;
  readonly folders: string[];
}

/** Walks one of the trees of a disc, checking both byte orders on the way. */
function disc(release: Release, descriptor: number): Disc {
  const [image] = release.files;
  const sectors = (sector: number, bytes: number) =>
    Buffer.from(image!.read({ start: sector * 2048, end: sector * 2048 + bytes }));
  const both = (bytes: Buffer, at: number) => {
    expect(bytes.readUInt32BE(at + 4)).toBe(bytes.readUInt32LE(at));
    return bytes.readUInt32LE(at);
  };
  const volume = sectors(descriptor, 2048);
  expect(volume.toString('latin1', 1, 6)).toBe('CD001');
  expect(both(volume, 80) * 2048).toBe(image!.size);
  const isJoliet = volume[0] === 2;
  const found: Disc = { files: new Map(), folders: [] };
  const walk = (at: Buffer, prefix: string) => {
    const records = sectors(both(at, 2), both(at, 10));
    for (let place = 0; place < records.length; ) {
      const length = records[place]!;
      const record = records.subarray(place, place + length);
      place = length === 0 ? Math.ceil((place + 1) / 2048) * 2048 : place + length;
      if (length === 0 || (record[32] === 1 && record[33]! < 2)) continue;
      const raw = record.subarray(33, 33 + record[32]!);
      const name = isJoliet ? Buffer.from(raw).swap16().toString('utf16le') : raw.toString('latin1');
      const path = prefix + name.replace(/;1$/, '');
      if (record[25]! & 2) {
        found.folders.push(path);
        walk(record, `${path}/`);
      } else
        found.files.set(path, [...(found.files.get(path) ?? []), { sector: both(record, 2), bytes: both(record, 10) }]);
    }
  };
  walk(volume.subarray(156, 190), '');
  return found;
}

describe('disc of a release', () => {
  const release = packedRelease({ format: 'iso' }, files);
  const [image] = volumesOf(release);

  it('has every member under its name, in Joliet', () => {
    const { files: found, folders } = disc(release, 17);
    expect(image!.toString('latin1', 18 * 2048 + 1, 18 * 2048 + 6)).toBe('CD001');
    const read = [...found].map(([path, extents]) => ({
      path,
      crc: 0,
      bytes: Buffer.concat(extents.map(({ sector, bytes }) => image!.subarray(sector * 2048, sector * 2048 + bytes))),
    }));
    expect(byPath(read)).toEqual(byPath(expected(release)));
    expect(folders).toContain('a folder');
  });

  it('has every member under a short name, without', () => {
    const { files: found } = disc(release, 16);
    const joliet = disc(release, 17);
    expect([...found.values()].sort()).toEqual([...joliet.files.values()].sort());
    for (const path of found.keys()) expect(path).toMatch(/^([A-Z0-9_]{1,27}\/)*[A-Z0-9_]{1,26}\.[A-Z0-9_]{0,3}$/);
  });

  it('tells short names apart', () => {
    const names = ['ä', 'ö', 'ü'].map((letter) => ({ name: `a name that is rather long, ${letter}.mkv`, size: 1 }));
    expect([...disc(packedRelease({ format: 'iso' }, names), 16).files.keys()]).toEqual([
      'A_NAME_THAT_IS_RATHER_LON1.MKV',
      'A_NAME_THAT_IS_RATHER_LON2.MKV',
      'A_NAME_THAT_IS_RATHER_LONG.MKV',
    ]);
  });

  it('has several extents for what is larger than one can be', () => {
    const size = 9 * 2 ** 30 + 5;
    const archive = { format: 'iso' as const };
    const large = makeRelease({ name: 'd', files: [{ name: 'a.mkv', size }], archive, partBytes: 2 ** 26 });
    const extents = disc(large, 17).files.get('a.mkv')!;
    expect(extents).toHaveLength(3);
    expect(extents.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(size);
    expect(extents[1]!.sector).toBe(extents[0]!.sector + extents[0]!.bytes / 2048);
  });

  it('has a path table with a parent for every folder', () => {
    const volume = image!.subarray(17 * 2048, 18 * 2048);
    const table = image!.subarray(volume.readUInt32LE(140) * 2048).subarray(0, volume.readUInt32LE(132));
    const found: { parent: number; name: string }[] = [];
    for (let at = 0; at < table.length; ) {
      const length = table[at]!;
      const name = Buffer.from(table.subarray(at + 8, at + 8 + length));
      found.push({ parent: table.readUInt16LE(at + 6), name: length > 1 ? name.swap16().toString('utf16le') : '' });
      at += 8 + length + (length % 2);
    }
    expect(found.slice(0, 4)).toEqual([
      { parent: 1, name: '' },
      { parent: 1, name: 'a folder' },
      { parent: 1, name: 'deep' },
      { parent: 1, name: 'folder' },
    ]);
    expect(found[4]!.parent).toBe(3);
  });

  it('refuses names it has no room for', () => {
    const refuses = (name: string) =>
      expect(() => packedRelease({ format: 'iso' }, [{ name, size: 1 }])).toThrow(/103/);
    refuses('x'.repeat(104));
    refuses('what?.mkv');
  });
});
