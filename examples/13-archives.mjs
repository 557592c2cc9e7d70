// @ts-check
// What is posted in archives opens as files: an encrypted RAR set inside a 7z, cut into volumes, under names that say nothing.
// Nothing is unpacked: members are ranges of the posted volumes, and any place of them is one round trip away.
import { createEngine } from '@newsreel/core';
import { makeRelease } from '@newsreel/core/testing';

const made = makeRelease({
  name: 'Holiday.2019',
  files: [
    { name: 'Holiday.2019/holiday.mkv', size: 40_000_000 },
    { name: 'Holiday.2019/holiday.srt', size: 50_000 },
  ],
  archive: {
    format: '7z',
    volumeBytes: 10_000_000,
    inside: { format: 'rar5', volumeBytes: 15_000_000, password: 'secret', encrypt: 'headers' },
  },
  obfuscate: 'names',
});
const engine = await createEngine({ providers: [made.provider({ name: 'main' })] });

// Passwords of the NZB and of names ({{secret}}) are tried by themselves; then the app is asked.
const release = await engine.library.add(made.nzb, {
  password(what) {
    console.log(what);
    return 'secret';
  },
});
for (const { path, size, format, isEncrypted } of release.members)
  console.log(`${path} ${size} bytes, ${isEncrypted ? 'encrypted ' : ''}${format}`);

const file = await engine.library.open(release.main ?? '');
const bytes = await file.read(30_000_000, 1000);
const expected = made.members[0]?.read({ start: 30_000_000, end: 30_001_000 }) ?? new Uint8Array();
console.log(Buffer.compare(bytes, expected) === 0 ? 'as they went in' : 'WRONG');
await file.close();
await engine.close();
