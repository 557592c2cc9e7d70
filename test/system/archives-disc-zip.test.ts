import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, statSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ArchiveInput, ArchiveListing, ReadArchiveOptions } from '../../packages/core/src/archive/archive.js';
import type { ByteRecipe } from '../../packages/core/src/archive/byte-recipe.js';
import { isDisc, readDisc } from '../../packages/core/src/archive/disc/read-disc.js';
import { readTar } from '../../packages/core/src/archive/tar/read-tar.js';
import { readZip } from '../../packages/core/src/archive/zip/read-zip.js';
import { run } from './peers/run.js';
import { describeWith, scratch, writeRandom } from './support.js';

const folder = scratch();
const packed = folder.path('packed');
/** What is packed: sizes around those of blocks, many small ones, names that are not ASCII or long. */
const sizes: Readonly<Record<string, number>> = {
  'film.mkv': 7_654_321,
  'disc/BDMV/STREAM/00000.m2ts': 5_000_000,
  'größe und ñandú.bin': 2048,
  'empty.nfo': 0,
  [`${'long name '.repeat(9)}.txt`]: 513,
  [`${'a deep folder/'.repeat(9)}deep.bin`]: 100_000,
  ...Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`many/file ${at}.bin`, at * 37])),
};
const changedMs = Date.UTC(2020, 5, 1, 12, 0, 2);
const noKeys: ReadArchiveOptions = { keys: { rar4: never, rar5: never, sevenZip: never } };
const locale = { env: { LC_ALL: 'C.UTF-8' } };

function never(): never {
  throw new Error('nothing is encrypted here');
}

beforeAll(() => {
  for (const [name, size] of Object.entries(sizes)) {
    const path = join(packed, name);
    mkdirSync(dirname(path), { recursive: true });
    writeRandom(path, size);
    utimesSync(path, changedMs / 1000, changedMs / 1000);
  }
});
afterAll(() => folder.remove());

/** Files read as if they were one. */
function inputOf(paths: readonly string[]): ArchiveInput & { readonly reads: number[]; readonly partSizes: number[] } {
  const partSizes = paths.map((path) => statSync(path).size);
  const size = partSizes.reduce((sum, bytes) => sum + bytes, 0);
  const reads: number[] = [];
  return {
    name: paths[0]!,
    size,
    partSizes,
    reads,
    async read(start, length) {
      reads.push(start);
      return bytesAt(paths, start, Math.min(start + length, size));
    },
  };
}

function bytesAt(paths: readonly string[], start: number, end: number): Uint8Array {
  const bytes = new Uint8Array(end - start);
  let at = 0;
  for (const path of paths) {
    const { size } = statSync(path);
    const from = Math.max(start, at);
    const length = Math.min(end, at + size) - from;
    if (length > 0) {
      const file = openSync(path, 'r');
      readSync(file, bytes, from - start, length, from - at);
      closeSync(file);
    }
    at += size;
  }
  return bytes;
}

/** What a recipe gives. */
async function contentOf(recipe: ByteRecipe, paths: readonly string[]): Promise<Uint8Array> {
  switch (recipe.from) {
    case 'volume':
      return bytesAt(paths, recipe.start, recipe.end);
    case 'join':
      return Buffer.concat(await Promise.all(recipe.parts.map((part) => contentOf(part, paths))));
    case 'codec':
      return inflateRawSync(await contentOf(recipe.of, paths));
    default:
      throw new Error(`no ${recipe.from} here`);
  }
}

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** The hashes of what is on disk by path, or of what a listing gives. */
function expectedHashes(root = packed): Record<string, string> {
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' });
  const files = paths.filter((path) => statSync(join(root, path)).isFile());
  return Object.fromEntries(files.map((path) => [path, hashOf(readFileSync(join(root, path)))]));
}

async function hashesOf({ members }: ArchiveListing, paths: readonly string[]): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const { path, kind, content, refusal, size, modifiedMs } of members) {
    if (kind !== 'file') continue;
    if (refusal !== undefined) throw refusal;
    const bytes = await contentOf(content!, paths);
    expect(bytes.length).toBe(size);
    expect(Math.abs((modifiedMs ?? 0) - changedMs)).toBeLessThan(24 * 3_600_000);
    hashes[path.replace(/^\.\//, '')] = hashOf(bytes);
  }
  return hashes;
}

type Packer = readonly [program: string, how: string, command: string];

const zips: readonly Packer[] = [
  ['zip', 'stored', 'zip -q -0 -r $A.zip .'],
  ['zip', 'deflated', 'zip -q -r $A.zip .'],
  ['zip', 'streamed', 'zip -q -r -0 - . | cat > $A.zip'],
  ['zip', 'with ZIP64 and a comment', 'echo words | zip -q -0 -z -fz -r $A.zip .'],
  ['zip', 'without extra fields', 'zip -q -0 -X -r $A.zip .'],
  ['zip', 'behind a program', 'zip -q -0 -r $A.zip . && (cat /bin/true $A.zip) > $A.exe && rm $A.zip'],
  [
    'zip',
    'behind a program it knows of',
    'zip -q -0 -r $A.zip . && cat /bin/true $A.zip > $A.exe && zip -q -A $A.exe && rm $A.zip',
  ],
  ['zip', 'in parts', 'zip -q -0 -s 2m -r $A.zip .'],
  ['7zz', 'stored', '7zz a -bso0 -mx0 -tzip $A.zip .'],
  ['7zz', 'deflated', '7zz a -bso0 -tzip $A.zip .'],
  ['7zz', 'in pieces', '7zz a -bso0 -mx0 -v2m -tzip $A.zip .'],
  ['bsdtar', 'stored', 'bsdtar -c --format zip --options zip:compression=store -f $A.zip .'],
  ['bsdtar', 'streamed', 'bsdtar -c --format zip -f - . | cat > $A.zip'],
  ['python3', 'deflated', 'python3 -m zipfile -c $A.zip *'],
];
const tars: readonly Packer[] = [
  ...['gnu', 'oldgnu', 'pax', 'posix'].map((how): Packer => ['tar', how, `tar -c --format ${how} -f $A.tar .`]),
  ...['ustar', 'pax', 'gnutar'].map((how): Packer => ['bsdtar', how, `bsdtar -c --format ${how} -f $A.tar .`]),
  ['7zz', 'as it likes', '7zz a -bso0 -ttar $A.tar .'],
];
/** Discs; the names of Joliet are cut at 64 characters unless they may be longer. */
const discs: readonly (readonly [...Packer, format: string])[] = [
  ['genisoimage', 'with Joliet', 'genisoimage -quiet -D -J -joliet-long -o $A.iso .', 'iso'],
  ['genisoimage', 'with Rock Ridge', 'genisoimage -quiet -R -o $A.iso .', 'iso'],
  ['genisoimage', 'with both', 'genisoimage -quiet -J -joliet-long -R -o $A.iso .', 'iso'],
  ['genisoimage', 'with both, of which one is cut', 'genisoimage -quiet -J -R -o $A.iso .', 'iso'],
  ['genisoimage', 'with long names of its own', 'genisoimage -quiet -D -iso-level 4 -o $A.iso .', 'iso'],
  ['genisoimage', 'with UDF', 'genisoimage -quiet -D -udf -allow-limited-size -o $A.iso .', 'udf'],
  ['genisoimage', 'with UDF, Joliet and Rock Ridge', 'genisoimage -quiet -udf -J -joliet-long -R -o $A.iso .', 'udf'],
  ['xorriso', 'with Rock Ridge', 'xorriso -as mkisofs -quiet -R -o $A.iso .', 'iso'],
  ['xorriso', 'with Joliet', 'xorriso -as mkisofs -quiet -J -joliet-long -o $A.iso .', 'iso'],
];

let made = 0;
/** Packs everything by a command that knows `$A`, and gives what it made, in the order of the parts. */
async function pack(command: string): Promise<string[]> {
  const into = folder.path(`made ${++made}`);
  mkdirSync(into);
  await run(
    'bash',
    ['-o', 'pipefail', '-ec', `cd "$0"; A=$1; ${command.replaceAll('$A', '"$A"')}`, packed, join(into, 'a')],
    locale,
  );
  // `.z01` comes before `.zip`, `.zip.001` before `.zip.002`.
  return readdirSync(into)
    .sort()
    .map((name) => join(into, name));
}

for (const [program, how, command] of zips)
  describeWith([program, 'zip'], `a ZIP of ${program}, ${how}`, () => {
    it('gives every member as it was packed', async () => {
      const paths = await pack(command);
      const input = inputOf(paths);
      const listing = await readZip(input, { ...noKeys, partSizes: input.partSizes });
      expect(await hashesOf(listing, paths)).toEqual(expectedHashes());
      // bsdtar fills up the last block of what it streams.
      expect(listing.warnings.filter((line) => !line.includes('behind the end'))).toEqual([]);
      expect(input.reads.length).toBeLessThan(40);
    });
  });

for (const [program, how, command] of tars)
  describeWith([program], `a tar of ${program}, ${how}`, () => {
    it('gives every member as it was packed', async () => {
      const paths = await pack(command);
      const listing = await readTar(inputOf(paths), noKeys);
      expect(await hashesOf(listing, paths)).toEqual(expectedHashes());
      expect(listing.warnings).toEqual([]);
    });
  });

for (const [program, how, command, format] of discs)
  describeWith([program], `a disc of ${program}, ${how}`, () => {
    it('gives every file as it was packed', async () => {
      const paths = await pack(command);
      const input = inputOf(paths);
      expect(await isDisc(input, noKeys)).toBe(true);
      input.reads.length = 0;
      const listing = await readDisc(input, noKeys);
      expect(listing.format).toBe(format);
      expect(await hashesOf(listing, paths)).toEqual(expectedHashes());
      expect(listing.warnings).toEqual([]);
      expect(input.reads.length).toBeLessThan(40);
    });
  });
