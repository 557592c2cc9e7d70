// @ts-check
// Look-ahead as a function of your own: thirty seconds of what the reader consumes, on every free connection.
import { createEngine } from '@newsreel/core';
import { nntp } from '@newsreel/nntp';
import { startNewsServer } from '@newsreel/nntp/testing';

const server = await startNewsServer({ rttMs: 30 });
const posted = await server.post({ name: 'film.mkv', bytes: { size: 30_000_000, seed: 4 } });

/** @type {import('@newsreel/core').PrefetchPolicy} */
const thirtySeconds = ({ consumedPerSecond, articleBytes, freeSlots }) => ({
  aheadBytes: Math.max(2 * articleBytes, consumedPerSecond * 30),
  concurrency: freeSlots,
});

const engine = await createEngine({
  prefetch: thirtySeconds,
  providers: [nntp({ host: server.host, port: server.port, tls: false, connections: 8 })],
});
let articles = 0;
engine.events.on('article:fetched', () => void articles++);
const release = await engine.library.add(server.buildNzb([posted]));
const file = await engine.library.open(release.main ?? '');

const started = performance.now();
let bytes = 0;
for await (const piece of file.stream()) bytes += piece.length;
console.log(`${bytes} bytes in ${articles} articles, ${Math.round(performance.now() - started)} ms at 30 ms distance`);

await engine.close();
await server.close();
