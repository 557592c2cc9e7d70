// Builds every package, or those named, in dependency order with its tsup recipe. `--js-only` leaves declarations out (about
// a second in all).
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const jsOnly = process.argv.includes('--js-only');
const named = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const order = ['core', 'nntp', 'webdav-adapter', 'fuse-adapter', 'metrics'];

for (const name of order) {
  if (named.length > 0 && !named.includes(name)) continue;
  const cwd = `${root}packages/${name}`;
  if (!existsSync(`${cwd}/tsup.config.ts`)) continue;
  const result = spawnSync(process.execPath, [`${root}node_modules/tsup/dist/cli-default.js`], {
    cwd,
    stdio: 'inherit',
    env: { ...process.env, NEWSREEL_JS_ONLY: jsOnly ? '1' : '' },
  });
  if (result.status !== 0) process.exit(result.status ?? 1);
}
