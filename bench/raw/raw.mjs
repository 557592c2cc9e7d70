import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { runRawDecode } from '../raw-decode.mjs';
import { simulate } from '../simulator/index.mjs';
import { loopDelayRows } from './loop-delay.mjs';
import { networkRows } from './network.mjs';
import { fileRows } from './to-file.mjs';

/**
 * Nothing simulated in the way: decoding alone, then loopback with 1 to 50 connections, plain and TLS, beside the same
 * bytes thrown away and beside nzbget, and what it does to the event loop. MB and GB are 10^6 and 10^9 bytes on the wire.
 */
export const raw = {
  name: 'raw',
  smoke: true,
  async run({ smoke = false, nodes = [], repeat } = {}) {
    const rows = [...named(process.version, await runRawDecode({ smoke })), ...nodes.flatMap(decodeWith)];
    const rounds = smoke ? 1 : (repeat ?? 5);
    const size = smoke ? 20_000_000 : 1_000_000_000;
    const server = await simulate({ tls: true }, [{ name: 'raw.bin', bytes: { size, seed: 1 }, partBytes: 716_800 }]);
    try {
      for (const part of [networkRows, loopDelayRows, fileRows]) rows.push(...(await part(server, { smoke, rounds })));
    } finally {
      await server.close();
    }
    return rows;
  },
};

/** Rows that say which Node they were measured with. */
function named(version, rows) {
  return rows.map((row) => ({ ...row, profile: `Node ${version.replace(/^v/, '')}, ${row.profile}` }));
}

function decodeWith(node) {
  const script = fileURLToPath(new URL('../raw-decode.mjs', import.meta.url));
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  return named(version, JSON.parse(execFileSync(node, [script, '--json'], { encoding: 'utf8' })));
}
