// @ts-check
// `npm start`: plays a film from a news server. Without arguments the server is embedded and the film is ours; with
// NEWSREEL_HOST, NEWSREEL_USER, NEWSREEL_PASSWORD and an .nzb as argument it streams that from your own account.
import { createEngine, hasCode, NewsreelError } from '@newsreel/core';
import { nntp } from '@newsreel/nntp';
import { webdav } from '@newsreel/webdav-adapter';
import { embeddedServer, ownAccount } from './accounts.mjs';
import { liveLine } from './live-line.mjs';
import { welcome } from './welcome.mjs';

const preferredPort = Number(process.env['NEWSREEL_PORT'] ?? 8080);

async function main() {
  const source = process.env['NEWSREEL_HOST'] ? await ownAccount() : await embeddedServer();
  const { engine, dav } = await openEngine(source.account);
  let closing = false;
  let stopLine = () => {};
  const close = async () => {
    if (closing) return;
    closing = true;
    stopLine();
    await engine.close();
    await source.close();
  };
  process.once('SIGINT', () => void close());
  process.once('SIGTERM', () => void close());
  try {
    const [check] = await engine.check();
    if (check && !check.ok) throw new Error(check.message, { cause: check.cause });
    const release = await engine.library.add(source.nzb, { name: source.name });
    for (const warning of release.warnings) console.warn(`note: ${warning}`);
    console.log(welcome({ url: dav.url ?? '', release, embedded: source.embedded }));
    stopLine = liveLine(engine);
    engine.events.on('provider:degraded', ({ provider, cause }) => console.error(`\n${provider}: ${messageOf(cause)}`));
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Opens the engine on the preferred port, or on any free one when that is taken.
 * @param {import('@newsreel/nntp').NntpOptions} account
 */
async function openEngine(account) {
  for (const port of [preferredPort, 0]) {
    const dav = webdav({ port });
    try {
      return { engine: await createEngine({ providers: [nntp(account)], adapters: [dav] }), dav };
    } catch (error) {
      if (!hasCode(error, 'ERR_LISTEN') || port === 0) throw error;
    }
  }
  throw new Error('no port to listen on');
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

main().catch((error) => {
  console.error(NewsreelError.isInstance(error) ? `${error.code}: ${error.message}` : messageOf(error));
  process.exitCode = 1;
});
