import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const changedMs = (path: string) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** Builds the thread that reads requests, which cannot run from its source; only when it is older than that. */
export default function buildReader(): void {
  const sources = readdirSync(at('../src'), { recursive: true, encoding: 'utf8' });
  const newestMs = Math.max(...sources.map((path) => changedMs(at(`../src/${path}`))));
  if (changedMs(at('../dist/reader.js')) > newestMs) return;
  const { status, stderr } = spawnSync(
    process.execPath,
    [at('../../../scripts/build.mjs'), '--js-only', 'fuse-adapter'],
    {
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(`building the reader failed: ${stderr}`);
}
