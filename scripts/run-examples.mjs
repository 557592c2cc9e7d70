// Runs every numbered example to its end: each is offline and exits 0 by itself when NEWSREEL_EXAMPLE_ONCE is set.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../examples/', import.meta.url));
const maxLines = 40;
let failed = 0;
let ran = 0;

for (const name of readdirSync(folder)
  .filter((file) => /^\d\d-.*\.mjs$/.test(file))
  .sort()) {
  const lines = readFileSync(`${folder}${name}`, 'utf8').trimEnd().split('\n').length;
  const started = Date.now();
  const result = spawnSync(process.execPath, [name], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 30_000,
    env: { ...process.env, NEWSREEL_EXAMPLE_ONCE: '1' },
  });
  const ok = result.status === 0 && result.stdout.trim() !== '' && lines <= maxLines;
  ran++;
  if (!ok) failed++;
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${name} (${lines} lines, ${Date.now() - started} ms)`);
  if (!ok) console.log(`${result.stdout}${result.stderr}`);
}
console.log(`${ran - failed} of ${ran} examples ran`);
process.exitCode = failed === 0 && ran > 0 ? 0 : 1;
