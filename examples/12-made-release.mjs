// @ts-check
// A release that exists nowhere, with everything wrong that a test needs: 20 GiB in RAR volumes under meaningless names,
// a tenth of the articles gone at the first provider. What is read of it is compared with what was put in.
import { createEngine } from '@newsreel/core';
import { makeRelease } from '@newsreel/core/testing';

const release = makeRelease({
  name: 'show',
  files: [{ name: 'film.mkv', size: 20 * 2 ** 30 }],
  archive: { format: 'rar5', volumeBytes: 200 * 2 ** 20 },
  obfuscate: 'names',
  damage: [{ type: 'missing', share: 0.1, provider: 'main' }],
});
console.log(`${release.files.length} volumes, NZB of ${(release.nzb.length / 2 ** 20).toFixed(1)} MiB`);

const providers = [release.provider({ name: 'main' }), release.provider({ name: 'backup', priority: 1 })];
const engine = await createEngine({ providers });
const { main = '' } = await engine.library.add(release.nzb);
const [film] = release.members;
const file = await engine.library.open(main);
const range = { start: 10_000_000_000, end: 10_010_000_000 };
const expected = film?.read(range) ?? new Uint8Array();
let at = 0;
let right = true;
for await (const chunk of file.stream(range)) {
  right &&= Buffer.compare(chunk, expected.subarray(at, at + chunk.length)) === 0;
  at += chunk.length;
}
console.log(`${at} bytes of ${main}: ${right && at === expected.length ? 'as they went in' : 'WRONG'}`);
console.log(`asked the backup for ${providers[1]?.calls.fetch.length} articles`);
await file.close();
await engine.close();
