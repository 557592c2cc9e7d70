import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { runRawDecode } from './raw-decode.mjs';
import { runRawLoopback } from './raw-loopback.mjs';

/** Decoding alone, and streaming without simulated limits. */
export const rawScenario = {
  name: 'raw',
  smoke: true,
  run: async (options) => [
    ...named(process.version, await runRawDecode(options)),
    ...options.nodes.flatMap(decodeWith),
    ...(await runRawLoopback(options)),
  ],
};

/** Rows that say which Node they were measured with. */
function named(version, rows) {
  return rows.map((row) => ({ ...row, profile: `Node ${version.replace(/^v/, '')}, ${row.profile}` }));
}

function decodeWith(node) {
  const script = fileURLToPath(new URL('raw-decode.mjs', import.meta.url));
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  return named(version, JSON.parse(execFileSync(node, [script, '--json'], { encoding: 'utf8' })));
}
