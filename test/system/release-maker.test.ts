import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { makeRelease, type Release, type ReleaseArchive, type ReleasePayload } from '@newsreel/core/testing';
import { afterAll, expect, it } from 'vitest';
import { run } from './peers/run.js';
import { describeWith, scratch, sha256 } from './support.js';

const stepBytes = 2 ** 24;
const files = [
  { name: 'folder/film.mkv', size: 3_000_000 },
  { name: 'größe.txt', bytes: Buffer.from('how large is it?') },
  { name: 'empty.nfo', size: 0 },
  { name: 'last.bin', size: 543_210 },
  { name: 'a folder', folder: true },
  { name: 'deep/er/名前.txt', bytes: Buffer.from('the same again '.repeat(1000)) },
] satisfies ReleasePayload[];

// Debian builds 7zz without RAR, and bsdtar takes a single file.
/** An unpacker: its program, and how it unpacks an archive into a folder. */
type Unpacker = readonly [program: string, args: (archive: string, into: string) => string[]];

const password = 'sëcret';
const sevenZip: Unpacker = ['7zz', (archive, into) => ['x', '-y', `-p${password}`, `-o${into}`, archive]];
const unar: Unpacker = ['unar', (archive, into) => ['-q', '-D', '-p', password, '-o', into, archive]];
const tar: Unpacker = ['tar', (archive, into) => ['-x', '-f', archive, '-C', into]];
const bsdtar: Unpacker = ['bsdtar', (archive, into) => ['-x', '-f', archive, '-C', into]];
const unzip: Unpacker = ['unzip', (archive, into) => ['-q', archive, '-d', into]];

const cases: readonly (readonly [what: string, archive: ReleaseArchive, unpackers: readonly Unpacker[]])[] = [
  ['a ZIP', { format: 'zip' }, [unzip, sevenZip, unar, bsdtar]],
  ['a RAR 5', { format: 'rar5' }, [unar, bsdtar]],
  ['a RAR 5 in volumes', { format: 'rar5', volumeBytes: 500_000 }, [unar]],
  ['a RAR 5 in many volumes', { format: 'rar5', volumeBytes: 20_000 }, [unar]],
  ['a RAR 4', { format: 'rar4' }, [unar, bsdtar]],
  ['a RAR 4 in volumes', { format: 'rar4', volumeBytes: 500_000 }, [unar]],
  ['a RAR 4 in volumes .rar, .r00', { format: 'rar4', volumeBytes: 20_000, naming: 'r00' }, [unar]],
  ['a 7z', { format: '7z' }, [sevenZip, unar, bsdtar]],
  ['a 7z in pieces', { format: '7z', volumeBytes: 1_000_000 }, [sevenZip, unar]],
  ['a ZIP in pieces', { format: 'zip', volumeBytes: 1_000_000 }, [sevenZip]],
  ['a ZIP of deflated members', { format: 'zip', compression: 'deflate' }, [unzip, sevenZip, unar, bsdtar]],
  ['a ZIP with extras', { format: 'zip', extras: true }, [unzip, sevenZip, unar, bsdtar]],
  ['a ZIP behind a program', { format: 'zip', prefixBytes: 5000 }, [sevenZip, bsdtar]],
  ['a RAR 5 with extras', { format: 'rar5', extras: true, volumeBytes: 500_000 }, [unar]],
  ['a RAR 4 with extras', { format: 'rar4', extras: true, volumeBytes: 500_000 }, [unar]],
  ['a RAR 4 behind a program', { format: 'rar4', prefixBytes: 100_000 }, [unar]],
  ['a 7z with a compressed header', { format: '7z', header: 'lzma' }, [sevenZip, unar, bsdtar]],
  ['a 7z with extras behind a program', { format: '7z', extras: true, prefixBytes: 5000 }, [sevenZip]],
  ['a tar', { format: 'tar' }, [tar, bsdtar, sevenZip, unar]],
  ['a tar with extras', { format: 'tar', extras: true }, [tar, bsdtar, sevenZip, unar]],
  ['a disc', { format: 'iso' }, [bsdtar, sevenZip]],
  ['members with meaningless names', { format: '7z', innerNames: 'random' }, [sevenZip]],
  // unar 1.10 unpacks no RAR 4 that is stored and encrypted.
  ['an encrypted RAR 5', { format: 'rar5', password }, [unar]],
  ['an encrypted RAR 5 in volumes', { format: 'rar5', password, volumeBytes: 500_000 }, [unar]],
  ['a RAR 5 with hidden names', { format: 'rar5', password, encrypt: 'headers', volumeBytes: 20_000 }, [unar]],
  ['an encrypted 7z', { format: '7z', password }, [sevenZip, unar]],
  ['a 7z with hidden names', { format: '7z', password, encrypt: 'headers', volumeBytes: 1_000_000 }, [sevenZip, unar]],
  ['a 7z all hidden', { format: '7z', password, encrypt: 'headers', header: 'lzma' }, [sevenZip, unar]],
];

const folder = scratch();
let folders = 0;
afterAll(() => folder.remove());

function newFolder(): string {
  const path = folder.path(String(++folders));
  mkdirSync(path);
  return path;
}

function writeAll(release: Release): string {
  const into = newFolder();
  for (const file of release.files) {
    const target = openSync(join(into, file.name), 'w');
    for (let start = 0; start < file.size; start += stepBytes)
      writeSync(target, file.read({ start, end: Math.min(start + stepBytes, file.size) }));
    closeSync(target);
  }
  return into;
}

function filesIn(root: string): Record<string, string> {
  const found = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) =>
    statSync(join(root, path)).isFile(),
  );
  return Object.fromEntries(found.map((path) => [relative('.', path), sha256(readFileSync(join(root, path)))]));
}

for (const [what, archive, unpackers] of cases)
  for (const [program, args] of unpackers)
    describeWith([program], `${program} unpacks ${what} of a made release`, () => {
      it('to what it was made of', async () => {
        const release = makeRelease({ name: 'pack', files, archive });
        const from = writeAll(release);
        const into = newFolder();
        await run(program, args(join(from, release.files[0]!.name), into), { env: { LC_ALL: 'C.UTF-8' } });
        expect(filesIn(into)).toEqual(
          Object.fromEntries(release.members.map((member) => [member.storedPath, member.sha256()])),
        );
      });
    });

describeWith(['7zz', 'unar', 'unzip'], 'what is inside a made release', () => {
  it('is unpacked one archive after the other', async () => {
    const inside: ReleaseArchive[] = [
      { format: 'zip', name: 'inner' },
      { format: 'rar4', name: 'middle', volumeBytes: 800_000 },
    ];
    const release = makeRelease({ name: 'pack', files, archive: { format: '7z', inside } });
    const steps = [
      [sevenZip, 'pack.7z'],
      [unar, 'middle.part01.rar'],
      [unzip, 'inner.zip'],
    ] as const;
    let from = writeAll(release);
    for (const [[program, args], archive] of steps) {
      const into = newFolder();
      await run(program, args(join(from, archive), into), { env: { LC_ALL: 'C.UTF-8' } });
      from = into;
    }
    expect(filesIn(from)).toEqual(Object.fromEntries(release.members.map(({ path, sha256 }) => [path, sha256()])));
  });
});

describeWith(['bsdtar', 'xorriso'], 'a disc of a made release', () => {
  it('may have files beyond 4 GiB', async () => {
    const archive: ReleaseArchive = { format: 'iso' };
    const large = [
      { name: 'large.mkv', size: 4_400_000_001 },
      { name: 'after.txt', size: 100 },
    ];
    const release = makeRelease({ name: 'disc', files: large, archive, partBytes: 2 ** 24 });
    const from = writeAll(release);
    const disc = join(from, 'disc.iso');
    const { stdout } = await run('bash', [
      '-o',
      'pipefail',
      '-c',
      'bsdtar -xOf "$0" after.txt large.mkv | wc -c',
      disc,
    ]);
    expect(stdout.trim()).toBe('4400000101');
    const listed = await run('xorriso', ['-indev', disc, '-find', '/', '-type', 'f', '-exec', 'lsdl', '--']);
    expect(listed.stdout).toMatch(/ 4400000001 .*large\.mkv/);
    rmSync(from, { recursive: true });
  });
});

describeWith(['par2'], 'par2 finds everything of a made release', () => {
  const par2 = { recoverySlices: 20, sliceBytes: 20_000 };
  const archive: ReleaseArchive = { format: 'rar5', volumeBytes: 500_000 };

  it('right', async () => {
    const from = writeAll(makeRelease({ name: 'pack', files, archive, par2 }));
    const { stdout } = await run('par2', ['verify', '-q', join(from, 'pack.par2')]);
    expect(stdout).toContain('All files are correct');
  });

  it('that is left out, called otherwise or damaged, and makes it right', async () => {
    const whole = makeRelease({ name: 'pack', files, archive, par2 });
    const from = writeAll(makeRelease({ name: 'pack', files, archive: { ...archive, volumes: { drop: [-1] } }, par2 }));
    renameSync(join(from, 'pack.part02.rar'), join(from, 'something'));
    const target = openSync(join(from, 'pack.part03.rar'), 'r+');
    writeSync(target, 'not what it was', 70_000);
    closeSync(target);
    await run('par2', ['repair', '-q', join(from, 'pack.par2'), join(from, 'something')]);
    const found = filesIn(from);
    for (const file of whole.files) expect([file.name, found[file.name]]).toEqual([file.name, file.sha256()]);
  });
});

/** What reads an archive through and checks its checksums; lsar 1.10 gives RAR 5 up beyond 4 GiB. */
const testers = [
  ['zip', '7zz', '7zz t "$0"'],
  ['7z', '7zz', '7zz t "$0"'],
  ['rar4', 'lsar', 'lsar -t "$0"'],
  ['rar5', 'bsdtar', 'bsdtar -xOf "$0" | wc -c'],
] as const;

for (const [format, program, command] of testers)
  describeWith([program], `${program} tests a ${format} of a made release beyond 4 GiB`, () => {
    it('and finds every checksum right', async () => {
      const large = [
        { name: 'large.mkv', size: 4_500_000_001 },
        { name: 'after.txt', size: 100 },
      ];
      const release = makeRelease({ name: 'large', files: large, archive: { format }, partBytes: 2 ** 24 });
      const from = writeAll(release);
      const { stdout } = await run('bash', ['-o', 'pipefail', '-c', command, join(from, release.files[0]!.name)]);
      expect(stdout).toMatch(/Everything is Ok|2 passed, 0 failed|^4500000101$/m);
      rmSync(from, { recursive: true });
    });
  });
