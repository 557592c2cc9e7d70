import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createEngine, disk } from '@newsreel/core';
import { nntp } from '@newsreel/nntp';
import { deterministicContent } from '@newsreel/nntp/testing';
import { Checked } from '../checked.mjs';
import { delayDuring } from '../raw/delay.mjs';
import { costOf } from '../raw/stopwatch.mjs';

/** Streams a file once through a fresh engine. Closing, which writes the rest, counts as work. */
export default async function stream(job) {
  const { server, client, size, partBytes, check, isLast } = job;
  const folder = job.disk ? (job.folder ?? (await mkdtemp(join(tmpdir(), 'newsreel-bench-')))) : undefined;
  const tls = client.wire === 'TLS' ? { ca: server.ca, servername: 'localhost' } : false;
  const port = client.wire === 'TLS' ? server.tlsPort : server.port;
  const engine = await createEngine({
    cache: { maxBytes: 64 * 2 ** 20, ...(folder && { disk: disk({ folder }) }) },
    providers: [nntp({ host: server.host, port, tls, connections: client.connections })],
  });
  let bodies = 0;
  engine.events.on('article:fetched', () => bodies++);
  // What a folder holds is learned in the background; a replay is to be one from the first article on.
  while (job.folder && engine.snapshot().cache.disk?.entries < job.entries) await setTimeout(10);
  const release = await engine.library.add(server.nzb);
  const file = await engine.library.open(release.files[0].path);
  await engine.warm();
  const checked = check
    ? new Checked(deterministicContent({ size, seed: 1, blockSeed: 1, blockBytes: partBytes }), 0)
    : undefined;
  let bytes = 0;
  let stats;
  let seconds;
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  const delay = await delayDuring(async () => {
    for await (const lease of file.lendStream()) {
      bytes += lease.bytes.length;
      checked?.push(lease.bytes);
      lease.release();
    }
    seconds = (performance.now() - startedMs) / 1000;
    await file.close();
    await engine.close();
    stats = engine.snapshot().cache.disk;
  });
  const used = process.cpuUsage(cpu);
  if (bytes !== size) throw new Error(`streamed ${bytes} of ${size} bytes`);
  if (isLast && folder) await rm(folder, { recursive: true, force: true });
  return {
    ...costOf(bytes, seconds, (used.user + used.system) / 1e6),
    ...delay,
    bodies,
    folder,
    entries: stats?.entries ?? 0,
    skipped: stats?.skipped ?? 0,
    ...(stats && { stats }),
  };
}
