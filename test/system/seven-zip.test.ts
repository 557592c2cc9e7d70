import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { createEngine, type Engine } from '@newsreel/core';
import { makeRelease } from '@newsreel/core/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from './peers/run.js';
import { describeWith, scratch, sha256, sha256Of, writeRandom } from './support.js';

const password = 'sécret 7';
const folder = scratch();
const source = folder.path('source');
afterAll(() => folder.remove());

/** Files that pack well, badly, not at all, and some that are hardly there. */
function writeSource(): void {
  mkdirSync(join(source, 'größer/deep'), { recursive: true });
  mkdirSync(join(source, 'nothing'));
  const words = Array.from({ length: 60_000 }, (_, at) => `line ${at} of ${(at * 7919) % 1013}\n`).join('');
  writeFileSync(join(source, 'text.txt'), words);
  writeFileSync(join(source, 'größer/program.bin'), readFileSync(process.execPath).subarray(0, 6_000_000));
  writeRandom(join(source, 'größer/deep/film.mkv'), 3_000_000);
  writeFileSync(join(source, 'small.nfo'), 'small');
  writeFileSync(join(source, 'empty'), '');
}

function filesIn(root: string): Record<string, string> {
  const found = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) =>
    statSync(join(root, path)).isFile(),
  );
  return Object.fromEntries(found.sort().map((path) => [relative('.', path), sha256(readFileSync(join(root, path)))]));
}

/** What the engine shows of posted volumes. */
async function shown(volumes: readonly { readonly name: string; readonly bytes: Uint8Array }[], given?: string) {
  const release = makeRelease({ name: 'Pack', files: volumes, partBytes: 200_000 });
  const engine = await createEngine({ providers: [(context) => release.provider(context as never)] });
  try {
    const added = await engine.library.add(release.nzb, given === undefined ? {} : { password: ['wrong', given] });
    return await hashes(engine, added.path, '');
  } finally {
    await engine.close();
  }
}

async function hashes(engine: Engine, root: string, path: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const entry of engine.library.list(root + path)) {
    const below = `${path}/${entry.name}`;
    if (entry.kind === 'folder') Object.assign(found, await hashes(engine, root, below));
    else {
      const handle = await engine.library.open(entry.path);
      found[below.slice(1)] = await sha256Of(handle.stream());
      await handle.close();
    }
  }
  return Object.fromEntries(Object.entries(found).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** An archive: what it is, how 7-Zip is told to make it, and the password it needs. */
type Case = readonly [what: string, switches: readonly string[], given?: string];

const cases: readonly Case[] = [
  ['that only copies', ['-mx0']],
  ['of LZMA', ['-m0=lzma']],
  ['of LZMA2, solid', ['-m0=lzma2', '-ms=on']],
  ['of LZMA2 in blocks that begin anew', ['-m0=lzma2:d=256k:c=1m', '-ms=on', '-mx3']],
  ['of Deflate, a folder to each file', ['-m0=deflate', '-ms=off']],
  ['with a plain header', ['-mhc=off', '-mx1']],
  ['in volumes', ['-v700k', '-mx1']],
  ['that only copies, in volumes', ['-v700k', '-mx0']],
  ['that is encrypted', [`-p${password}`, '-mx1'], password],
  ['that only copies and is encrypted', [`-p${password}`, '-mx0'], password],
  ['whose header is encrypted', [`-p${password}`, '-mhe=on', '-m0=lzma'], password],
  ['whose header is encrypted, in volumes', [`-p${password}`, '-mhe=on', '-mx0', '-v1m'], password],
];

describeWith(['7zz'], 'a 7z archive of 7-Zip', () => {
  beforeAll(writeSource);

  for (const [what, switches, given] of cases)
    it(`${what} shows the files it was made of`, async () => {
      const into = folder.path(what);
      mkdirSync(into);
      // Filters for programs are another matter: nothing here undoes them.
      await run('7zz', ['a', '-bd', '-mf=off', ...switches, join(into, 'pack.7z'), '.'], {
        cwd: source,
        env: { LC_ALL: 'C.UTF-8' },
      });
      const volumes = readdirSync(into)
        .sort()
        .map((name) => ({ name, bytes: readFileSync(join(into, name)) }));
      expect(await shown(volumes, given)).toEqual(filesIn(source));
    });
});
