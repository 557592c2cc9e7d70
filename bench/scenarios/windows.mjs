import { setTimeout as sleep } from 'node:timers/promises';
import { Checked, readChecked } from '../checked.mjs';
import { articleMs, rangeMs } from '../floors.mjs';
import { scenario } from '../scenario.mjs';
import { mean, median } from '../statistics.mjs';

/** B8: a reader that stops in the middle, and goes on. */
export const b8 = scenario({
  name: 'B8',
  repeat: 1,
  files: (sizes) => [{ name: 'pause.bin', size: sizes.mb(1000) }],
  async once({ world: open, sim, files, sizes, wireRatio, profile, smoke, published, expect }) {
    const world = await open();
    await world.add(0);
    // What was under way when the reader stopped may still come: an article takes its time.
    const settleMs = Math.max(smoke ? 300 : 1000, articleMs(profile, wireRatio) + 200);
    const reader = await world.open(0);
    const before = sizes.mb(20);
    const wanted = sizes.mb(60);
    const check = new Checked(files[0].content, 0, { hash: smoke });
    const pause = {};
    for await (const piece of reader.stream(0, wanted)) {
      check.push(piece);
      if (pause.bytes !== undefined || check.bytes < before) continue;
      const startedMs = performance.now();
      await sleep(settleMs);
      const early = await sim.counts();
      await sleep(smoke ? 300 : 5000 - settleMs);
      const late = await sim.counts();
      pause.bytes = late.bytesSent - early.bytesSent;
      pause.connections = world.busyConnections();
      pause.endedMs = performance.now();
      pause.tookMs = pause.endedMs - startedMs;
    }
    const resumedMs = performance.now() - pause.endedMs;
    check.finish(wanted);
    await reader.close();
    await world.quiet();
    const { duplicates } = await sim.counts();
    expect(duplicates === 0, `no duplicates, not ${duplicates}`);
    expect(!smoke || pause.bytes === 0, `no bytes while paused, not ${pause.bytes}`);
    return [
      {
        ...{
          metric: 'bytes in a pause of 5 s, once all under way had come',
          value: pause.bytes,
          unit: '',
          floor: 0,
          bar: { most: 0 },
        },
        altmount: published({ 'premium-750k': 0, 'slow-4m': 0 }),
      },
      { metric: 'connections busy while paused', value: pause.connections, unit: '', floor: 0, bar: { most: 0 } },
      { metric: 'the next 40 MB', value: resumedMs, unit: 'ms' },
    ];
  },
});

/** B9: 8 MB from the start, then 8 MB from 40 MB further on. AltMount does not say how far its skip goes. */
export const b9 = scenario({
  name: 'B9',
  files: (sizes) => [{ name: 'skip.bin', size: sizes.mb(300) }],
  async once({ ready, sim, files, sizes, wireRatio, profile, published, expect }) {
    const world = await ready();
    const reader = await world.open(0);
    const wanted = sizes.mb(8);
    const start = wanted + sizes.mb(40);
    const { content } = files[0];
    await readChecked(reader, content, 0, wanted, { openEnded: true, hash: true });
    const { firstMs, lastMs } = await readChecked(reader, content, start, start + wanted, {
      openEnded: true,
      hash: true,
    });
    await reader.close();
    await world.quiet();
    const { bodies, delivered, duplicates } = await sim.counts();
    expect(delivered.size >= (2 * wanted) / profile.articleBytes - 1, `every article, not ${delivered.size}`);
    const altmount = published({ 'premium-750k': 151 });
    const floor = rangeMs(profile, wireRatio, start, start + wanted);
    return [
      {
        ...{ metric: 'first byte after the skip', value: firstMs, unit: 'ms' },
        floor: rangeMs(profile, wireRatio, start, start + 1),
      },
      { metric: '8 MB after the skip', value: lastMs, unit: 'ms', floor, altmount },
      { metric: 'articles fetched', value: bodies, unit: '', altmount: published({ 'premium-750k': 66 }) },
      // Look-ahead that was under way when the first read ended, thrown away, and wanted again by the second.
      { metric: 'articles asked for again', value: duplicates, unit: '' },
    ];
  },
});

/** B10: the first 32 MB, closed, and once more. */
export const b10 = scenario({
  name: 'B10',
  files: (sizes) => [{ name: 'replay.bin', size: sizes.mb(300) }],
  async once({ world: open, sim, files, sizes, wireRatio, published, smoke, expect }) {
    const world = await open();
    await world.add(0);
    const wanted = sizes.mb(32);
    const once = async () => {
      const reader = await world.open(0);
      const { lastMs } = await readChecked(reader, files[0].content, 0, wanted, { hash: smoke });
      await reader.close();
      await world.quiet();
      return lastMs;
    };
    const lent = async () => {
      const reader = await world.open(0);
      const check = new Checked(files[0].content, 0);
      const startedMs = performance.now();
      for await (const lease of reader.lendStream(0, wanted)) {
        check.push(lease.bytes);
        lease.release();
      }
      const tookMs = performance.now() - startedMs;
      check.finish(wanted);
      await reader.close();
      return tookMs;
    };
    await once();
    await sim.resetCounts();
    const againMs = median([await once(), await once(), await once()]);
    const lentMs = median([await lent(), await lent(), await lent()]);
    const { bytesSent, bodies } = await sim.counts();
    expect(!smoke || bodies === 0, `nothing fetched again, not ${bodies} articles`);
    return [
      { metric: '32 MB again', value: againMs, unit: 'ms', altmount: published({ 'premium-750k': 6.6 }) },
      {
        metric: '32 MB again, lent (no copies)',
        value: lentMs,
        unit: 'ms',
        altmount: published({ 'premium-750k': 6.6 }),
      },
      { metric: 'fetched again', value: bytesSent / wireRatio / 1e6, unit: 'MB', floor: 0, bar: { most: 0 } },
    ];
  },
});

const jumps = 5;

/** B11: 8 MB from the start and after each of five jumps of 500 MB. */
export const b11 = scenario({
  name: 'B11',
  repeat: 2,
  files: (sizes) => [{ name: 'jumps.bin', size: sizes.mb(3000) }],
  async once(context) {
    const { published } = context;
    const ms = published({ 'premium-750k': 640, 'slow-4m': 4069 });
    const fetched = published({ 'premium-750k': 326, 'slow-4m': 551 });
    const rows = [];
    for (const openEnded of [true, false]) {
      const result = await jumping(context, openEnded);
      const prefix = openEnded ? 'open range' : 'known end';
      const altmount = { 'ms per jump': ms, 'fetched in all': fetched };
      rows.push(
        ...result.map((row) => ({ ...row, altmount: altmount[row.metric], metric: `${prefix}, ${row.metric}` })),
      );
    }
    return rows;
  },
});

async function jumping({ ready, sim, files, sizes, wireRatio, profile, smoke, expect }, openEnded) {
  const world = await ready();
  const reader = await world.open(0);
  const wanted = sizes.mb(8);
  const took = [];
  const floors = [];
  const first = [];
  const firstFloors = [];
  let wholeArticles = 0;
  for (let jump = 0; jump <= jumps; jump++) {
    const start = jump * sizes.mb(500);
    const end = start + wanted;
    const read = await readChecked(reader, files[0].content, start, end, { openEnded, hash: true });
    wholeArticles += Math.ceil(end / profile.articleBytes) - Math.floor(start / profile.articleBytes);
    if (jump === 0) continue;
    took.push(read.lastMs);
    first.push(read.firstMs);
    floors.push(rangeMs(profile, wireRatio, start, end));
    firstFloors.push(rangeMs(profile, wireRatio, start, start + 1));
  }
  await reader.close();
  await world.quiet();
  const { bytesSent, duplicates } = await sim.counts();
  expect(!smoke || duplicates === 0, `no duplicates, not ${duplicates}`);
  await world.close();
  const isSlow = profile.name === 'slow-4m';
  // The article at the start of the file came when it was added; it counts as fetched, as it was.
  const fetched = bytesSent / wireRatio + profile.articleBytes;
  const reads = jumps + 1;
  const over = (fetched - reads * wanted) / reads;
  const overWhole = (fetched - wholeArticles * profile.articleBytes) / reads / profile.articleBytes;
  return [
    {
      ...{ metric: 'ms per jump', value: median(took), unit: 'ms', floor: median(floors) },
      bar: { most: isSlow ? articleMs(profile, wireRatio) + 100 : 250 },
    },
    { metric: 'ms per jump, mean', value: mean(took), unit: 'ms', floor: mean(floors) },
    { metric: 'first byte after a jump', value: median(first), unit: 'ms', floor: median(firstFloors) },
    { metric: 'fetched in all', value: fetched / 1e6, unit: 'MB', floor: (wholeArticles * profile.articleBytes) / 1e6 },
    isSlow
      ? { metric: 'fetched over whole articles, per jump', value: overWhole, unit: 'articles', bar: { most: 1.5 } }
      : { metric: 'fetched over wanted, per jump', value: over / 1e6, unit: 'MB', bar: { most: 8 } },
    { metric: 'duplicate bodies', value: duplicates, unit: '', floor: 0, bar: { most: 0 } },
  ];
}
