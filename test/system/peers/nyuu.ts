import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { run } from './run.js';

/** Where the install script puts the posting program. */
export const nyuuProgram = fileURLToPath(
  new URL('../../../.cache/tools/node_modules/nyuu/bin/nyuu.js', import.meta.url),
);

/**
 * nyuu 0.4.0 trips over its own deadlines on a busy machine ("Timer already set"); without them it has none to trip
 * over. The deadline of the whole run remains.
 */
const noDeadlines = ['--timeout', '0', '--post-timeout', '0'];

/** Posts files with nyuu and returns the NZB it writes. */
export async function post(
  server: { readonly plainPort: number; readonly username: string; readonly password: string },
  files: readonly string[],
  nzbPath: string,
  articleSize = '700K',
): Promise<string> {
  const account = ['-h', '127.0.0.1', '-P', String(server.plainPort), '-u', server.username, '-p', server.password];
  const how = ['-g', 'alt.binaries.test', '-a', articleSize, '-n', '4', '-O', '-o', nzbPath, ...noDeadlines];
  await run(process.execPath, [nyuuProgram, ...account, ...how, ...files]);
  return readFileSync(nzbPath, 'utf8');
}
