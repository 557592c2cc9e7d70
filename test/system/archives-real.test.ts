import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archiveNames, areThere, decoded } from './archives/libarchive.js';
import { differences, diskHashes, memberHashes, type Posting, startPosting, strayErrors } from './archives/posting.js';
import { run } from './peers/run.js';
import { describeWith, scratch, writeRandom } from './support.js';

const folder = scratch();
let made = 0;
let posting: Awaited<ReturnType<typeof startPosting>>;
beforeAll(async () => {
  posting = await startPosting();
});
afterAll(async () => {
  await posting.close();
  folder.remove();
});

/** The password of every test file of libarchive that is encrypted. */
const password = '12345678';
const postings: readonly Posting[] = [
  { partBytes: 716_800, obfuscate: false },
  { partBytes: 20_000, obfuscate: true },
  { partBytes: 700, obfuscate: false },
];

type Unpacker = (archive: string, into: string) => readonly [program: string, args: readonly string[]];
const unar: Unpacker = (archive, into) => ['unar', ['-q', '-D', '-p', password, '-o', into, archive]];
const sevenZip: Unpacker = (archive, into) => ['7zz', ['x', '-y', `-p${password}`, `-o${into}`, archive]];
const bsdtar: Unpacker = (archive, into) => ['bsdtar', ['-x', '-f', archive, '-C', into]];
const unzip: Unpacker = (archive, into) => ['unzip', ['-q', archive, '-d', into]];

function newFolder(): string {
  const path = folder.path(String(++made));
  mkdirSync(path);
  return path;
}

/** What an independent program gets out of an archive. */
async function unpacked(unpacker: Unpacker, archive: string): Promise<string> {
  const into = newFolder();
  const [program, args] = unpacker(archive, into);
  await run(program, args);
  return into;
}

/** Posts an archive in several ways and compares all that is read of it with what another program unpacked. */
async function opensAs(paths: readonly string[], expected: string, ways = postings): Promise<void> {
  const { engine, add } = posting;
  for (const way of ways) {
    const added = await add(paths, way, [password]);
    const what = `${paths[0]} ${JSON.stringify(way)}`;
    expect(added.refused, what).toEqual([]);
    expect(
      added.members.filter(({ refusal }) => refusal !== undefined),
      what,
    ).toEqual([]);
    expect(await memberHashes(engine, added), what).toEqual(diskHashes(expected));
    expect(await differences(engine, added, expected), what).toEqual([]);
    await engine.library.remove(added.id);
  }
}

/** Test files of libarchive that open, by who unpacks them as well. */
const opening: readonly (readonly [Unpacker, string])[] = [
  [
    unar,
    'rar rar_noeof rar_subblock rar_windows rar5_fileattr rar5_owner rar5_stored rar5_stored_manyfiles rar5_symlink',
  ],
  [sevenZip, '7zip_copy 7zip_copy_2 7zip_deflate 7zip_empty_file 7zip_encryption 7zip_encryption_header'],
  [sevenZip, '7zip_encryption_partially 7zip_lzma1 7zip_lzma1_2 7zip_lzma1_lzma2 7zip_lzma2 7zip_packinfo_digests'],
  [sevenZip, 'zip_7z_deflate zip_comment_stored_1 zip_comment_stored_2 zip_high_compression zip_length_at_end'],
  [sevenZip, 'zip_mac_metadata zip_msdos zip_padded2 zip_ux zip_zip64a zip_zip64b'],
  [
    bsdtar,
    'iso_2 iso_joliet_by_nero iso_joliet_long iso_multi_extent iso_rockridge_ce iso_rockridge_rr_moved iso_xorriso',
  ],
];
const sets = [
  'test_rar_multivolume_uncompressed_files',
  'test_rar_multivolume_multiple_files',
  'test_rar_multivolume_single_file',
];

/** Test files of libarchive that do not, and why. */
const refused: Readonly<Record<string, readonly [code: string, reason: string]>> = {
  rar_compress_best: ['ERR_ARCHIVE_UNSUPPORTED', 'compressed'],
  rar_ppmd_lzss_conversion: ['ERR_ARCHIVE_UNSUPPORTED', 'compressed'],
  rar_multivolume: ['ERR_ARCHIVE_UNSUPPORTED', 'compressed'],
  rar_ppmd_use_after_free: ['ERR_ARCHIVE_UNSUPPORTED', 'damaged'],
  rar5_compressed: ['ERR_ARCHIVE_UNSUPPORTED', 'compressed'],
  rar5_multiarchive: ['ERR_ARCHIVE_UNSUPPORTED', 'compressed'],
  rar5_truncated_huff: ['ERR_ARCHIVE_UNSUPPORTED', 'damaged'],
  '7zip_malformed': ['ERR_ARCHIVE_UNSUPPORTED', 'incomplete'],
  '7zip_ppmd': ['ERR_ARCHIVE_UNSUPPORTED', 'compressed'],
  zip_encryption_data: ['ERR_ARCHIVE_UNSUPPORTED', 'feature'],
  zip_encryption_header: ['ERR_ARCHIVE_UNSUPPORTED', 'feature'],
  zip_malformed1: ['ERR_ARCHIVE_UNSUPPORTED', 'compressed'],
};

const names = archiveNames();

/** The files of an archive by part of its name. */
function namesOf(name: string): readonly string[] {
  const whole = [...names.keys()].find(
    (archive) => archive.replace(/^test_read_format_/, '').replace(/\..*$/, '') === name,
  );
  const files = names.get(whole ?? name);
  if (files === undefined) throw new Error(`libarchive has no test file ${name}`);
  return files;
}

function describeFixtures(what: string, body: () => void): void {
  if (areThere() || process.env['CI']) describeWith(['unar', '7zz', 'bsdtar', 'gzip'], what, body);
  else describe.skip(`${what} (skipped: run test/system/install.sh for the test files of libarchive)`, body);
}

describeFixtures('archives that libarchive is tested with', () => {
  const open = opening.flatMap(([unpacker, list]) => list.split(' ').map((name) => [name, unpacker] as const));

  it.each([...open, ...sets.map((name) => [name, unar] as const)])('%s opens', async (name, unpacker) => {
    const paths = await decoded(namesOf(name), newFolder());
    // The first bytes of a disc say nothing, so one without a name stays an image.
    const ways = name.startsWith('iso') ? postings.slice(0, 1) : postings;
    await opensAs(paths, await unpacked(unpacker, paths[0] as string), ways);
  });

  it.each(Object.entries(refused))('%s is refused', async (name, reason) => {
    const paths = await decoded(namesOf(name), newFolder());
    for (const way of postings) {
      const added = await posting.add(paths, way, [password]);
      const refusals = [...added.refused, ...added.members.flatMap(({ refusal }) => refusal ?? [])];
      expect(refusals.length).toBeGreaterThan(0);
      for (const refusal of refusals) expect([refusal.code, refusal.reason]).toEqual(reason);
      await posting.engine.library.remove(added.id);
    }
  });

  it('never make it throw an error of its own', async () => {
    expect(names.size).toBeGreaterThan(150);
    for (const [name, files] of names) {
      const paths = await decoded(files, newFolder());
      const added = await posting.add(paths, { partBytes: 5000, obfuscate: false }, [password]);
      expect(await strayErrors(posting.engine, added), name).toEqual([]);
      await posting.engine.library.remove(added.id);
    }
  });
});

/** What is packed by programs: well, badly and not at all to be compressed. */
function source(): string {
  const path = newFolder();
  writeRandom(join(path, 'film.mkv'), 3_000_000);
  mkdirSync(join(path, 'größer'));
  writeFileSync(join(path, 'größer/words.txt'), 'all work and no play\n'.repeat(20_000));
  writeFileSync(join(path, 'small.nfo'), 'small');
  return path;
}

/** A program, how it packs `.` into `$A`, and who unpacks that. */
const packers: readonly (readonly [programs: readonly string[], how: string, command: string, unpacker: Unpacker])[] = [
  [['7zz'], '7z, LZMA2, solid', '7zz a -bso0 -m0=lzma2 $A.7z .', sevenZip],
  [['7zz'], '7z, copied, in volumes, header packed', '7zz a -bso0 -mx0 -mhc=on -v700k $A.7z .', sevenZip],
  [['7zz'], '7z, names encrypted', `7zz a -bso0 -mx0 -mhe=on -p${password} -v1m $A.7z .`, sevenZip],
  [['7zz'], 'ZIP in pieces', '7zz a -bso0 -mx0 -tzip -v1m $A.zip .', sevenZip],
  [['zip', 'unzip'], 'ZIP, deflated', 'zip -q -r $A.zip .', unzip],
  [['zip', 'unzip'], 'ZIP, stored', 'zip -q -0 -r $A.zip .', unzip],
  [['xorriso', 'bsdtar'], 'an image of a disc', 'xorriso -as mkisofs -quiet -J -R -o $A.iso .', bsdtar],
  [['bsdtar'], 'tar', 'bsdtar -c -f $A.tar .', bsdtar],
];

for (const [programs, how, command, unpacker] of packers)
  describeWith(programs, `${how} of ${programs[0]}`, () => {
    it('opens as its files', async () => {
      const into = newFolder();
      const script = `cd "$0"; A=$1; ${command.replaceAll('$A', '"$A"')}`;
      await run('bash', ['-ec', script, source(), join(into, 'packed')], { env: { LC_ALL: 'C.UTF-8' } });
      const paths = readdirSync(into)
        .sort()
        .map((name) => join(into, name));
      // Volumes of 7z after the first carry no sign of what they are, and neither do discs and tars.
      const isTelling = paths.length === 1 && !/\.(?:iso|tar)$/.test(paths[0] as string);
      await opensAs(
        paths,
        await unpacked(unpacker, paths[0] as string),
        postings.filter(({ partBytes, obfuscate }) => partBytes > 700 && (isTelling || !obfuscate)),
      );
    });
  });

describeWith(['7zz', 'par2'], 'volumes without names beside PAR2 files', () => {
  it('open by the names these tell', async () => {
    const into = newFolder();
    await run('bash', ['-ec', 'cd "$0"; 7zz a -bso0 -mx0 -v700k "$1/packed.7z" .', source(), into]);
    const volumes = readdirSync(into)
      .sort()
      .map((name) => join(into, name));
    await run('par2', ['create', '-q', '-q', '-r5', join(into, 'packed.par2'), ...volumes]);
    const all = readdirSync(into)
      .sort()
      .map((name) => join(into, name));
    const expected = await unpacked(sevenZip, volumes[0] as string);
    const added = await posting.add(all, { partBytes: 100_000, obfuscate: true });
    expect(await memberHashes(posting.engine, added)).toEqual(diskHashes(expected));
    expect(await differences(posting.engine, added, expected)).toEqual([]);
  });
});
