// @ts-check
// Keeps articles on disk: a second engine, as after a restart, reads the file without asking the server.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createEngine, disk } from '@newsreel/core';
import { nntp } from '@newsreel/nntp';
import { startNewsServer } from '@newsreel/nntp/testing';

const server = await startNewsServer();
const posted = await server.post({ name: 'film.mkv', bytes: { size: 8_000_000, seed: 7 } });
const folder = await mkdtemp(join(tmpdir(), 'newsreel-cache-'));

/** @param {string} when */
async function watch(when) {
  const engine = await createEngine({
    cache: { disk: disk({ folder, maxBytes: 1e9, expireAfterMs: 30 * 24 * 3_600_000 }) },
    providers: [nntp({ name: 'main', host: server.host, port: server.port, tls: false })],
  });
  engine.events.on('cache:degraded', ({ cause }) => console.log('no disk cache for now:', cause));
  let fetched = 0;
  engine.events.on('article:fetched', () => fetched++);
  // What the folder holds is learned in the background; until then the servers are asked. Only a demonstration waits.
  await setTimeout(200);
  const release = await engine.library.add(server.buildNzb([posted]));
  const file = await engine.library.open(release.main ?? '');
  let bytes = 0;
  for await (const piece of file.stream()) bytes += piece.length;
  await file.close();
  await engine.close();
  console.log(`${when}: ${bytes} bytes read, ${fetched} articles fetched`);
}

await watch('first');
await watch('after a restart');
await server.close();
await rm(folder, { recursive: true });
