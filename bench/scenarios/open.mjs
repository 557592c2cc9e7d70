import { readChecked } from '../checked.mjs';
import { articleMs, firstByteMs, rangeMs } from '../floors.mjs';
import { scenario } from '../scenario.mjs';
import { mean, median } from '../statistics.mjs';
import { serverOptions, World } from '../world.mjs';

const opens = 12;
/** Articles at the start of a file that adding it has put into the cache. A cold open starts behind them. */
const knownArticles = 3;

/** B1: a fresh handle on a file nobody has read, connections warm: the first megabyte. */
export const b1 = scenario({
  name: 'B1',
  via: ['api', 'webdav', 'fuse', 'rclone'],
  beside: { 'first byte, median': (own) => ({ most: own + 5 }) },
  files: (sizes) => Array.from({ length: opens }, (_, at) => ({ name: `open-${at}.bin`, size: sizes.articles(80) })),
  async once({ ready, profile, sim, files, wireRatio, smoke, published, expect, roundUp }) {
    const world = await ready(files.keys());
    const wanted = smoke ? 2 * profile.articleBytes : 1_000_000;
    const start = roundUp(knownArticles * profile.articleBytes);
    const first = [];
    const whole = [];
    const known = [];
    for (const [index, { content }] of files.entries()) {
      const reader = await world.open(index);
      const read = await readChecked(reader, content, start, start + wanted, { openEnded: true, hash: true });
      first.push(read.firstMs);
      whole.push(read.lastMs);
      await reader.close();
      await world.quiet();
    }
    const { bodies, duplicates } = await sim.counts();
    expect(duplicates === 0, `no duplicates, not ${duplicates}`);
    for (const [index, { content }] of files.entries()) {
      const reader = await world.open(index);
      known.push((await readChecked(reader, content, 0, 1000)).firstMs);
      await reader.close();
    }
    const rttMs = firstByteMs(profile);
    return [
      {
        ...{ metric: 'first byte, median', value: median(first), unit: 'ms', floor: rttMs, bar: { most: rttMs + 5 } },
        altmount: published({ 'premium-750k': 46.8, 'slow-4m': 117.7 }),
      },
      { metric: 'first byte, mean', value: mean(first), unit: 'ms', floor: rttMs },
      {
        ...{ metric: 'first megabyte, median', value: median(whole), unit: 'ms' },
        floor: rangeMs(profile, wireRatio, start, start + wanted),
      },
      {
        ...{ metric: 'articles fetched per open', value: bodies / files.length, unit: '' },
        altmount: published({ 'premium-750k': 60.1, 'slow-4m': 26 }),
      },
      { metric: 'first byte at the start of an added file', value: median(known), unit: 'ms', floor: 0 },
    ];
  },
});

/** A fresh engine over TLS with a login: everything from the first packet on. */
export const cold = scenario({
  name: 'cold',
  repeat: 5,
  files: (sizes) => [{ name: 'cold.bin', size: sizes.articles(80) }],
  servers: (profile) => serverOptions(profile, { tls: true, users: { reader: 'secret' } }),
  async once({ profile, sim, files, wireRatio }) {
    const options = { warm: false, tls: true, login: true };
    const rtt = profile.rttMs;
    const firstMs = await coldArticle(sim, profile, files[0].segments[4].id, options);
    const world = await World.open(sim, profile, options);
    try {
      const startedMs = performance.now();
      await world.add(0);
      const reader = await world.open(0);
      await readChecked(reader, files[0].content, 0, 1000);
      const addedMs = performance.now() - startedMs;
      const oneArticle = articleMs(profile, wireRatio) - rtt;
      return [
        {
          // Whole ones: what is left over is the work of both ends (a TLS handshake is some milliseconds of it).
          ...{ metric: 'round trips to the first byte, fresh engine', value: Math.floor(firstMs / rtt), unit: 'RTT' },
          ...{ floor: 6, bar: { most: 6 } },
        },
        { metric: 'first byte of an article, fresh engine, time', value: firstMs, unit: 'ms', floor: 6 * rtt },
        { metric: 'add, open, first byte, fresh engine', value: addedMs, unit: 'ms', floor: 6 * rtt + oneArticle },
      ];
    } finally {
      await world.close();
    }
  },
});

/** Milliseconds from asking a fresh engine for an article to its first decoded byte. */
async function coldArticle(sim, profile, id, options) {
  const world = await World.open(sim, profile, options);
  const startedMs = performance.now();
  let firstMs;
  const sink = {
    begin: () => true,
    progress: (available) => {
      if (available > 0) firstMs ??= performance.now() - startedMs;
    },
    abandoned: () => {},
  };
  try {
    (await world.engine.pool.fetch(id, { sink })).release();
    return firstMs;
  } finally {
    await world.close();
  }
}

/** Servers of which the first lacks some articles, or stalls on some. */
export const twoServers = (profile, faults) => [serverOptions(profile, { faults }), serverOptions(profile)];

/** B7: the first provider answers 430, the second has it. */
export const b7 = scenario({
  name: 'B7',
  files: (sizes) => Array.from({ length: opens }, (_, at) => ({ name: `miss-${at}.bin`, size: sizes.articles(80) })),
  servers: (profile) => twoServers(profile, []),
  async once({ ready, profile, sim, files, smoke, published, expect }) {
    // One article of each file, where the reader begins: nothing before it tells that the first provider lacks any.
    const ids = files.map(({ segments }) => segments[knownArticles].id);
    await sim.setFaults([{ type: 'missing', ids }], 0);
    const world = await ready(files.keys());
    const first = [];
    const wanted = smoke ? 2 * profile.articleBytes : 1_000_000;
    const start = knownArticles * profile.articleBytes;
    for (const [index, { content }] of files.entries()) {
      const reader = await world.open(index);
      first.push((await readChecked(reader, content, start, start + wanted, { openEnded: true, hash: true })).firstMs);
      await reader.close();
      await world.quiet();
    }
    const { duplicates, missing } = await sim.counts();
    expect(missing === files.length, `${files.length} answers of 430, not ${missing}`);
    expect(!smoke || duplicates === 0, `no duplicates, not ${duplicates}`);
    const floor = 2 * profile.rttMs;
    const bar = { most: floor + 5 };
    return [
      { metric: 'first byte after a 430, median', value: median(first), unit: 'ms', floor, bar },
      {
        ...{ metric: 'first byte after a 430, mean', value: mean(first), unit: 'ms', floor },
        altmount: published({ 'premium-750k': 165.8 }),
      },
      { metric: 'duplicate bodies', value: duplicates, unit: '' },
    ];
  },
});
