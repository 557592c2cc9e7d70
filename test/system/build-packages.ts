import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const build = fileURLToPath(new URL('../../scripts/build.mjs', import.meta.url));

/** Builds the packages without their declarations: processes the tests start cannot run from source. */
export default function buildPackages(): void {
  const { status, stderr } = spawnSync(process.execPath, [build, '--js-only'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`building failed: ${stderr}`);
}
