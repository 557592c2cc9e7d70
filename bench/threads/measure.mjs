import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createEngine } from '@newsreel/core';
import { wrapSource } from '@newsreel/core/plugin';
import { nntp } from '@newsreel/nntp';
import { crc32 } from '@newsreel/nntp/internal';
import { threadedProvider } from './threaded-provider.mjs';

/**
 * Pulls articles through an engine's pool and measures it. `warmedUp` resolves when the measuring may begin.
 */
export async function measure(
  { server, wire, connections, variant, threads, warmBytes, bytes, probeEveryMs, loneProbes },
  warmedUp,
) {
  const tls = wire === 'TLS' ? { ca: server.ca, servername: 'localhost' } : false;
  const options = { host: server.host, port: tls ? server.tlsPort : server.port, tls, connections, name: 'bench' };
  const threaded = threads > 0 ? threadedProvider({ ...options, threads, variant }) : undefined;
  const onlyNntp = variant === 'wrapped' ? wrapped(options) : nntp(options);
  const engine = await createEngine({ providers: [threaded?.factory ?? onlyNntp] });
  await (threaded ?? engine).warm(connections);
  const [ids, watchedIds] = server.ids;

  let checked = 0;
  const verify = (article) => {
    // The copy in this thread against the checksum the article carried on the wire.
    if (article.crc32 === undefined || crc32(article.bytes, 0) !== article.crc32) throw new Error('wrong bytes');
    checked++;
  };
  // Until the compiler has settled in every thread: it is a fixed cost, which a short run would take for a running one.
  await pull(engine.pool, ids, Math.ceil(warmBytes / 716_800), connections * 2, verify);
  const lone = [];
  for (let at = 0; at < loneProbes; at++) lone.push(await firstByteMs(engine.pool, watchedIds[at], verify));

  const idle = await idleDelay();
  await warmedUp();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const cpu = process.cpuUsage();
  const before = process.resourceUsage();
  const main = performance.eventLoopUtilization();
  const workers = threaded?.utilization();
  const started = performance.now();
  delay.enable();
  const probes = probing(engine.pool, watchedIds, probeEveryMs);
  const read = await pull(engine.pool, ids, Math.ceil(bytes / 716_800), connections * 2, copyOut);
  delay.disable();
  const seconds = (performance.now() - started) / 1000;
  const watched = await probes.stop();
  const used = process.cpuUsage(cpu);
  const after = process.resourceUsage();
  const gigabytes = (read + watched.bytes) / 1e9;
  const result = {
    megabytesPerSecond: (gigabytes * 1000) / seconds,
    cpu: (used.user + used.system) / 1e6 / gigabytes,
    userCpu: used.user / 1e6 / gigabytes,
    waits: (after.voluntaryContextSwitches - before.voluntaryContextSwitches) / gigabytes,
    preempted: (after.involuntaryContextSwitches - before.involuntaryContextSwitches) / gigabytes,
    mainBusy: performance.eventLoopUtilization(main).utilization,
    workerBusy: threaded?.utilization(workers).reduce((sum, each) => sum + each.utilization, 0) ?? 0,
    delayP50: delay.percentile(50) / 1e6,
    delayP99: delay.percentile(99) / 1e6,
    delayMax: delay.max / 1e6,
    idleP99: idle.percentile(99) / 1e6,
    firstByteLoneMs: median(lone),
    firstByteBusyMs: median(watched.latenciesMs),
    memoryMiB: process.resourceUsage().maxRSS / 1024,
    checked,
  };
  await engine.close();
  await threaded?.close();
  return result;
}

/** One thread again, but plugged in the way the prototype is: what that costs is not the threads' fault. */
function wrapped(options) {
  return (context) => {
    const inner = nntp(options)(context);
    const source = { id: 'wrapped', fetch: (id, how) => inner.fetch(id, how), stat: (ids) => inner.stat(ids) };
    const provider = wrapSource(source, context, { concurrency: options.connections * 2 });
    return Object.assign(provider, { warm: (count) => inner.warm(count), close: () => inner.close() });
  };
}

/** Fetches `count` articles, so many at a time. Resolves to their bytes. */
async function pull(pool, ids, count, atOnce, consume) {
  let next = 0;
  let bytes = 0;
  const lane = async () => {
    while (next < count) {
      const article = await pool.fetch(ids[next++ % ids.length], { lane: 'prefetch', expectedBytes: 716_800 });
      consume(article);
      bytes += article.bytes.length;
      article.release();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return bytes;
}

const scratch = new Uint8Array(65_536);

/** What handing the bytes to an app costs: they are read once. */
function copyOut(article) {
  for (let at = 0; at < article.bytes.length; at += scratch.length)
    scratch.set(article.bytes.subarray(at, at + scratch.length));
}

/** Until somebody who watches one article arrive sees its first bytes. */
async function firstByteMs(pool, id, consume) {
  const started = performance.now();
  let first;
  const sink = {
    begin: () => true,
    progress(available) {
      if (available > 0) first ??= performance.now() - started;
    },
    abandoned() {},
  };
  const article = await pool.fetch(id, { lane: 'playback', expectedBytes: 716_800, sink });
  consume(article);
  article.release();
  return first ?? performance.now() - started;
}

function probing(pool, ids, everyMs) {
  const running = [];
  let at = 0;
  const timer = setInterval(() => running.push(firstByteMs(pool, ids[at++ % ids.length], copyOut)), everyMs);
  return {
    async stop() {
      clearInterval(timer);
      const latenciesMs = await Promise.all(running);
      return { latenciesMs, bytes: latenciesMs.length * 716_800 };
    },
  };
}

async function idleDelay() {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await new Promise((resolve) => setTimeout(resolve, 250));
  delay.disable();
  return delay;
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
