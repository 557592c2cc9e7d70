// @ts-check
// Keeps an engine within a bandwidth, and changes it while a file is being read.
import { createEngine } from '@newsreel/core';
import { nntp } from '@newsreel/nntp';
import { startNewsServer } from '@newsreel/nntp/testing';

const server = await startNewsServer();
const posted = await server.post({ name: 'film.mkv', bytes: { size: 12_000_000, seed: 8 } });

const engine = await createEngine({
  // The account by itself, whoever asks.
  providers: [nntp({ name: 'main', host: server.host, port: server.port, tls: false, maxBytesPerSecond: 50_000_000 })],
  // The house's line, of which imports and checks get a part; somebody who watches is always served first.
  bandwidth: { maxBytesPerSecond: 4_000_000, lanes: { import: 2_000_000, background: 500_000 } },
});
const release = await engine.library.add(server.buildNzb([posted]));
const file = await engine.library.open(release.main ?? '');

const start = performance.now();
let bytes = 0;
for await (const piece of file.stream(undefined, { label: 'tv' })) {
  const before = bytes;
  bytes += piece.length;
  if (before < 6_000_000 && bytes >= 6_000_000) {
    console.log(`First half at 4 MB/s: ${((performance.now() - start) / 1000).toFixed(1)} s`);
    engine.reconfigure({ bandwidth: {} }); // Everybody is asleep: no limit but the account's own.
  }
}
console.log(`Second half without: ${((performance.now() - start) / 1000).toFixed(1)} s in all`);
await file.close();

const { pool, bytesRead } = engine.snapshot();
console.log('Limits in force:', pool.bandwidth);
console.log('Over the wire:', pool.traffic, 'read:', bytesRead);
await engine.close();
await server.close();
