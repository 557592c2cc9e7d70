import net from 'node:net';
import { profiles } from '../profiles.mjs';
import { readAndDrop } from '../read-and-drop.mjs';
import { simulate } from '../simulator/index.mjs';
import { median } from '../statistics.mjs';
import { serverOptions } from '../world.mjs';

/**
 * What the simulator itself sustains and how exact it is: without limits it has to be far above what is measured, with
 * the limits of a profile it has to carry what the profile says. The client only reads and drops.
 */
export const simulatorScenario = { name: 'simulator', smoke: true, run };

async function run(options) {
  const rows = await unlimited(options);
  const wanted = options.smoke ? options.profiles.slice(0, 1) : options.profiles;
  for (const profile of wanted) rows.push(...(await limited(options, profile)));
  return rows;
}

async function unlimited({ smoke }) {
  const rows = [];
  for (const profile of smoke ? [profiles.get('premium-750k')] : profiles.values()) {
    const { articleBytes: partBytes, connections } = profile;
    const size = smoke ? 20e6 : 2e9;
    const server = await simulate({ tls: true }, [{ name: 'drain.bin', bytes: { size, seed: 1 }, partBytes }]);
    try {
      for (const wire of ['plain', 'TLS']) {
        await drain(server, wire, connections);
        const drained = await drain(server, wire, connections);
        const row = (metric, value, unit) => ({
          scenario: 'simulator',
          profile: `no limits, ${partBytes} bytes, ${wire}`,
          ...{ metric, value, unit },
        });
        rows.push(row('sustains', drained.bytes / 1e6 / drained.seconds, 'MB/s'));
        rows.push(row('CPU of the simulator', (drained.serverCpuSeconds * 1e9) / drained.bytes, 's/GB'));
      }
    } finally {
      await server.close();
    }
  }
  return rows;
}

async function limited({ smoke }, profile) {
  const { connections, articleBytes, rttMs } = profile;
  const link = Math.min(profile.bytesPerSecond, connections * profile.bytesPerSecondPerConnection);
  const partsPerConnection = smoke ? 2 : Math.ceil((link * 3) / connections / articleBytes);
  const size = connections * partsPerConnection * articleBytes;
  const server = await simulate(serverOptions(profile), [
    { name: 'drain.bin', bytes: { size, seed: 1 }, partBytes: articleBytes },
  ]);
  try {
    const drained = await drain(server, 'plain', connections);
    // Connecting takes a round trip, and so does the first answer (asked for without waiting for the greeting).
    const busySeconds = drained.seconds - (2 * rttMs) / 1000;
    const first = await firstByteErrors(server, profile, smoke ? 3 : 20);
    const row = (metric, value, unit, more) => ({
      scenario: 'simulator',
      profile: profile.name,
      ...{ metric, value, unit },
      ...more,
    });
    return [
      row('carries', drained.bytes / 1e6 / busySeconds, 'MB/s', { floor: link / 1e6 }),
      row('CPU of the simulator', drained.serverCpuSeconds / drained.seconds, 'of a core'),
      row('read by the client at once, mean', drained.meanReadBytes / 1024, 'KiB'),
      row('read and drop, client CPU', (drained.clientCpuSeconds * 1e9) / drained.bytes, 's/GB'),
      row('first byte later than RTT, median', first.firstMs, 'ms'),
      row('last byte of an article later than it should, median', first.lastMs, 'ms'),
    ];
  } finally {
    await server.close();
  }
}

async function drain(server, wire, connections) {
  const ids = server.files[0].segments.map((segment) => segment.id);
  const port = wire === 'TLS' ? server.tlsPort : server.port;
  const ca = wire === 'TLS' ? server.ca : undefined;
  const before = await server.usage();
  const cpu = process.cpuUsage();
  const started = performance.now();
  const reads = { count: 0 };
  const bytes = await readAndDrop({ host: server.host, port, connections, ids, ca, reads });
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const { cpuSeconds } = await server.usage();
  if (bytes < server.files[0].size) throw new Error(`read ${bytes} bytes, fewer than were posted`);
  return {
    ...{ bytes, seconds, meanReadBytes: bytes / reads.count },
    serverCpuSeconds: cpuSeconds - before.cpuSeconds,
    clientCpuSeconds: (user + system) / 1e6,
  };
}

/** How late the first and the last byte of single articles come, in milliseconds. */
async function firstByteErrors(server, profile, count) {
  const { rttMs, bytesPerSecondPerConnection } = profile;
  const errors = { first: [], last: [] };
  for (const { id, bytes } of server.files[0].segments.slice(0, count)) {
    const { firstMs, lastMs } = await fetchOne(server, id);
    errors.first.push(firstMs - rttMs);
    errors.last.push(lastMs - rttMs - (bytes * 1000) / bytesPerSecondPerConnection);
  }
  return { firstMs: median(errors.first), lastMs: median(errors.last) };
}

function fetchOne({ host, port }, id) {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port });
    let askedMs;
    let firstMs;
    let lastMs;
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      const nowMs = performance.now();
      if (askedMs === undefined) {
        askedMs = nowMs;
        socket.write(`BODY <${id}>\r\n`);
        return;
      }
      firstMs ??= nowMs - askedMs;
      if (chunk.subarray(-5).toString('latin1') !== '\r\n.\r\n') return;
      lastMs = nowMs - askedMs;
      socket.destroy();
      resolve({ firstMs, lastMs });
    });
  });
}
