// @ts-check
// Shows the engine's numbers to Prometheus.
import { createEngine } from '@newsreel/core';
import { prometheus } from '@newsreel/metrics';
import { nntp } from '@newsreel/nntp';
import { startNewsServer } from '@newsreel/nntp/testing';

const server = await startNewsServer();
const posted = await server.post({ name: 'film.mkv', bytes: { size: 8_000_000, seed: 7 } });

const metrics = prometheus({ port: 0, labels: { app: 'example' } });
const engine = await createEngine({
  providers: [nntp({ name: 'main', host: server.host, port: server.port, tls: false })],
  adapters: [metrics],
});
const release = await engine.library.add(server.buildNzb([posted]));
const file = await engine.library.open(release.main ?? '');
for await (const _piece of file.stream());
await file.close();

console.log(`Metrics at ${metrics.url}`);
const page = await (await fetch(String(metrics.url))).text();
console.log(
  page
    .split('\n')
    .filter((line) => /^newsreel_(bytes_total|articles_total|provider_connections)/.test(line))
    .join('\n'),
);

const stop = async () => {
  await engine.close();
  await server.close();
};
if (process.env['NEWSREEL_EXAMPLE_ONCE']) await stop();
else process.once('SIGINT', stop);
