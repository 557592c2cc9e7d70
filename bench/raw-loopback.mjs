import { createHash } from 'node:crypto';
import { createEngine } from '@newsreel/core';
import { nntp } from '@newsreel/nntp';
import { readAndDrop } from './read-and-drop.mjs';
import { simulate } from './simulator/index.mjs';

const connections = 8;

/**
 * Loopback without simulated limits: how fast a file streams through the public API, beside the same bodies read and
 * thrown away. Both take turns in one process, so that a noisy machine bothers them alike; the ratio is what counts. A
 * smoke run checks the bytes by hash, which a measured run leaves out: it would cost more than the streaming.
 */
export async function runRawLoopback({ smoke }) {
  const size = smoke ? 20_000_000 : 1_000_000_000;
  const rounds = smoke ? 1 : 5;
  const server = await simulate({ tls: true }, [{ name: 'raw.bin', bytes: { size, seed: 1 }, partBytes: 716_800 }]);
  const rows = [];
  try {
    for (const wire of ['plain', 'TLS']) {
      const limit = [];
      const ours = [];
      for (let round = 0; round < rounds + (smoke ? 0 : 1); round++) {
        const drop = await measure(() => drained(server, wire));
        const stream = await measure(() => streamed(server, wire, size));
        if (round === 0 && !smoke) continue; // the first round warms code and caches
        limit.push(drop);
        ours.push(stream);
      }
      rows.push(...rowsOf(`${wire}, ${connections} connections`, limit, ours));
    }
  } finally {
    await server.close();
  }
  return rows;
}

function rowsOf(profile, limit, ours) {
  const row = (metric, value, unit) => ({ scenario: 'raw', profile, metric, value, unit });
  const speed = (runs) => median(runs.map((run) => run.megabytesPerSecond));
  const cost = (runs) => median(runs.map((run) => run.cpuSecondsPerGigabyte));
  return [
    row('read and drop', speed(limit), 'MB/s'),
    row('read and drop, client CPU', cost(limit), 's/GB'),
    row('stream', speed(ours), 'MB/s'),
    row('stream, client CPU', cost(ours), 's/GB'),
    row(
      'stream / read and drop',
      median(ours.map((run, at) => run.megabytesPerSecond / limit[at].megabytesPerSecond)),
      'of speed',
    ),
    row('peak memory of this process', process.resourceUsage().maxRSS / 1024, 'MiB'),
  ];
}

async function drained(server, wire) {
  const ids = server.files[0].segments.map((segment) => segment.id);
  const port = wire === 'TLS' ? server.tlsPort : server.port;
  return readAndDrop({ host: server.host, port, connections, ids, ca: wire === 'TLS' ? server.ca : undefined });
}

async function streamed(server, wire, size) {
  const tls = wire === 'TLS' ? { ca: server.ca, servername: 'localhost' } : false;
  const port = wire === 'TLS' ? server.tlsPort : server.port;
  const engine = await createEngine({
    cache: { maxBytes: 64 * 1024 * 1024 },
    providers: [nntp({ host: server.host, port, tls, connections })],
  });
  const { sha256 } = server.files[0];
  const hash = sha256 === undefined ? undefined : createHash('sha256');
  let bytes = 0;
  try {
    const release = await engine.library.add(server.nzb);
    const file = await engine.library.open(release.files[0].path);
    for await (const lease of file.lendStream()) {
      bytes += lease.bytes.length;
      hash?.update(lease.bytes);
      lease.release();
    }
    await file.close();
  } finally {
    await engine.close();
  }
  if (hash && hash.digest('hex') !== sha256) throw new Error('the bytes are not those that were posted');
  if (bytes !== size) throw new Error(`streamed ${bytes} of ${size} bytes`);
  return bytes;
}

async function measure(work) {
  const cpu = process.cpuUsage();
  const started = performance.now();
  const bytes = await work();
  const seconds = (performance.now() - started) / 1000;
  const used = process.cpuUsage(cpu);
  const gigabytes = bytes / 1e9;
  return {
    megabytesPerSecond: (gigabytes * 1000) / seconds,
    cpuSecondsPerGigabyte: (used.user + used.system) / 1e6 / gigabytes,
  };
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
