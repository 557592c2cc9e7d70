// @ts-check
// Asks every provider about a sample of a release's articles, and says what the answer is worth.
import { createEngine } from '@newsreel/core';
import { nntp } from '@newsreel/nntp';
import { startNewsServer } from '@newsreel/nntp/testing';

const server = await startNewsServer({ rttMs: 5 });
const whole = await server.post({ name: 'whole.mkv', bytes: { size: 10_000_000, seed: 5 }, partBytes: 100_000 });
const holed = await server.post({ name: 'holed.mkv', bytes: { size: 10_000_000, seed: 6 }, partBytes: 100_000 });
for (const segment of holed.segments.slice(40, 45)) server.remove(segment.id);

const engine = await createEngine({ providers: [nntp({ host: server.host, port: server.port, tls: false })] });
const release = await engine.library.add(server.buildNzb([whole, holed]));

for (const sample of /** @type {const} */ ([10, 'all'])) {
  const report = await engine.health.check(release.id, { sample });
  console.log(
    `sample ${sample}: ${report.verdict}, ${report.present} present, ${report.missing} missing, ${report.unknown} unknown`,
  );
  console.log(
    `  would have noticed a random loss of 1 % with a probability of ${Math.round(report.confidence * 100)} %`,
  );
  for (const file of report.files)
    console.log(`  ${file.path}: ${file.verdict}, ${file.sampled} of ${file.segmentCount} asked`);
}

await engine.close();
await server.close();
