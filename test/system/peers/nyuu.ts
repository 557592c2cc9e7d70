import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { run } from './run.js';

/** Where the install script puts the posting program. */
export const nyuuProgram = fileURLToPath(
  new URL('../../../.cache/tools/node_modules/nyuu/bin/nyuu.js', import.meta.url),
);

/** Posts files with nyuu and returns the NZB it writes. */
export async function post(
  server: { readonly plainPort: number; readonly username: string; readonly password: string },
  files: readonly string[],
  nzbPath: string,
  articleSize = '700K',
  more: readonly string[] = [],
): Promise<string> {
  await run(process.execPath, [
    nyuuProgram,
    ...['-h', '127.0.0.1', '-P', String(server.plainPort), '-u', server.username, '-p', server.password],
    ...['-g', 'alt.binaries.test', '-a', articleSize, '-n', '4', '-O', '-o', nzbPath, ...more],
    ...files,
  ]);
  return readFileSync(nzbPath, 'utf8');
}
