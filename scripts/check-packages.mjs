// Packs each package and lets publint and attw look at what a user would install.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (name) => `${root}node_modules/.bin/${name}`;
let failed = false;

for (const name of readdirSync(`${root}packages`)) {
  const cwd = `${root}packages/${name}`;
  if (!existsSync(`${cwd}/dist/index.d.ts`)) {
    console.error(`${name}: not built; run npm run build first`);
    failed = true;
    continue;
  }
  for (const [program, ...args] of [
    [bin('publint'), '--strict'],
    [bin('attw'), '--pack', '.', '--profile', 'esm-only', '--format', 'ascii'],
  ]) {
    const result = spawnSync(program, args, { cwd, encoding: 'utf8' });
    if (result.status !== 0) {
      console.error(`${name}: ${program} ${args.join(' ')}\n${result.stdout}${result.stderr}`);
      failed = true;
    }
  }
  console.log(`${name}: looked at`);
}
process.exitCode = failed ? 1 : 0;
