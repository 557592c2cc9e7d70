import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { disk } from '@newsreel/core';
import { readChecked } from '../checked.mjs';
import { fileBytesPerSecond } from '../floors.mjs';
import { scenario } from '../scenario.mjs';
import { quantile } from '../statistics.mjs';

const streams = 4;

/** What is asked of a mount. */
const nearly = (own) => ({ least: 0.9 * own });

/** B4: four readers at a time, of four files and of one. */
export const b4 = scenario({
  name: 'B4',
  via: ['api', 'webdav', 'fuse', 'rclone'],
  beside: { 'four files, slowest': nearly, 'one file, slowest': nearly },
  files: (sizes) => Array.from({ length: streams }, (_, at) => ({ name: `four-${at}.bin`, size: sizes.mb(200) })),
  async once(context) {
    const { published, sizes } = context;
    const wanted = sizes.mb(150);
    const different = await together(context, [0, 1, 2, 3], wanted);
    const same = await together(context, [0, 0, 0, 0], wanted);
    const altmount = published({ 'premium-750k': 207.5 });
    const altmountStall = published({ 'premium-750k': 35.7 });
    const named = (prefix, rows) => rows.map((row) => ({ ...row, metric: `${prefix}, ${row.metric}` }));
    return [
      ...named('four files', Object.values(different)),
      ...named('one file', [
        { ...same.slowest, floor: context.profile.bytesPerSecond / context.wireRatio / 1e6, altmount },
        { ...same.fairness },
        { ...same.stall, altmount: altmountStall },
        { ...same.longest },
        { ...same.duplicates },
      ]),
    ];
  },
});

async function together({ ready, sim, profile, files, wireRatio, smoke, expect, via }, indexes, wanted) {
  const world = await ready(new Set(indexes));
  const readers = [];
  for (const index of indexes) readers.push(await world.open(index));
  const reads = await Promise.all(
    readers.map((reader, at) => readChecked(reader, files[indexes[at]].content, 0, wanted, { hash: smoke })),
  );
  for (const reader of readers) await reader.close();
  await world.quiet();
  const { duplicates } = await sim.counts();
  // Which of several handles on a mount asks for what is the kernel's choice: look-ahead may be given up and begun again.
  expect(via === 'fuse' || duplicates === 0, `no duplicates, not ${duplicates}`);
  await world.close();
  const speeds = reads.map(({ lastMs }) => wanted / 1e3 / lastMs);
  const waits = reads.flatMap(({ waitsMs }) => waitsMs);
  return {
    slowest: {
      ...{ metric: 'slowest', value: Math.min(...speeds), unit: 'MB/s' },
      floor: fileBytesPerSecond(profile, wireRatio) / 1e6 / new Set(indexes).size,
    },
    fairness: { metric: 'slowest / fastest', value: Math.min(...speeds) / Math.max(...speeds), unit: '', floor: 1 },
    stall: { metric: 'wait for the next piece, p99', value: quantile(waits, 0.99), unit: 'ms', bar: { most: 20 } },
    longest: { metric: 'wait for the next piece, longest', value: quantile(waits, 1), unit: 'ms' },
    duplicates: { metric: 'duplicate bodies', value: duplicates, unit: '', floor: 0, bar: { most: 0 } },
  };
}

/** B5: two handles on one file at the same time. */
export const b5 = scenario({
  name: 'B5',
  files: (sizes) => [{ name: 'two.bin', size: sizes.mb(300) }],
  async once(context) {
    const result = await together(context, [0, 0], context.sizes.mb(100));
    return [{ ...result.duplicates, altmount: context.published({ 'premium-750k': 0, 'slow-4m': 0 }) }];
  },
});

/**
 * Two readers of one file, at the same time and one second apart: what a peer fetches twice. The later one comes when the
 * first has read more than memory holds, so only a disk cache can serve it.
 */
export const twoReaders = scenario({
  name: 'two-readers',
  files: (sizes) => [{ name: 'twice.bin', size: sizes.mb(400) }],
  async once(context) {
    const { smoke, sizes } = context;
    const folder = await mkdtemp(join(tmpdir(), 'newsreel-bench-'));
    const onDisk = { cache: { disk: disk({ folder, maxBytes: sizes.mb(1000) }) } };
    const later = smoke ? 50 : 1000;
    try {
      return [
        ...(await apart(context, 'at the same time', 0)),
        ...(await apart(context, 'one second apart', later, { bar: undefined })),
        ...(await apart(context, 'one second apart, disk cache', later, { bar: undefined }, onDisk)),
      ];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
});

async function apart(context, what, delayMs, more = {}, engine = {}) {
  const { ready, sim, files, wireRatio, sizes, smoke, expect } = context;
  const wanted = sizes.mb(200);
  const world = await ready([0], { engine });
  const read = async (ms) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    const reader = await world.open(0);
    const { lastMs } = await readChecked(reader, files[0].content, 0, wanted, { openEnded: true, hash: smoke });
    await reader.close();
    return lastMs;
  };
  const took = await Promise.all([read(0), read(delayMs)]);
  await world.quiet();
  const { bytesSent, duplicates } = await sim.counts();
  expect(!smoke || duplicates === 0, `no duplicates, not ${duplicates}`);
  await world.close();
  return [
    { metric: `${what}, fetched / wanted`, value: bytesSent / wireRatio / wanted, unit: '', floor: 1 },
    {
      ...{ metric: `${what}, duplicate bodies`, value: duplicates, unit: '', floor: 0, bar: { most: 0 } },
      ...more,
    },
    { metric: `${what}, the slower one`, value: Math.max(...took), unit: 'ms' },
  ];
}
