import { presets } from '@newsreel/core';
import { readChecked } from '../checked.mjs';
import { fileBytesPerSecond, rangeMs } from '../floors.mjs';
import { scenario } from '../scenario.mjs';

const startupBytes = 16e6;

/** What is asked of a mount. */
const nearly = (own) => ({ least: 0.9 * own });

/** B2: one reader from the start, 200 MB of a larger file and a whole gigabyte. */
export const b2 = scenario({
  name: 'B2',
  via: ['api', 'webdav', 'fuse', 'rclone'],
  beside: { '200 MB, in all': nearly, '1 GB, in all': nearly },
  files: (sizes) => [{ name: 'film.bin', size: sizes.mb(1000) }],
  async once(context) {
    const { sizes, smoke, published } = context;
    const altmount = published({ 'premium-750k': 221.6, 'slow-4m': 51.3 });
    const startup = published({ 'premium-750k': 222, 'slow-4m': 1605 });
    const steady = published({ 'premium-750k': 269.9, 'slow-4m': 57.8 });
    const waste = published({ 'premium-750k': 1.235, 'slow-4m': 1.071 });
    const short = await sequential(context, sizes.mb(200), true);
    const whole = smoke ? short : await sequential(context, context.files[0].size, false);
    // The default memory holds 22 articles of 4 MiB ahead of a reader; AltMount's figures are with 60.
    const isSlow = context.profile.name === 'slow-4m' && context.via === 'api' && !smoke;
    const roomy = isSlow ? await sequential(context, context.files[0].size, false, presets.highPerformance) : undefined;
    const part = [
      { ...short.startup, altmount: startup },
      { ...short.steady, altmount: steady },
      { ...short.total, altmount },
      { ...short.waste, altmount: waste },
    ];
    const named = (prefix, rows) => rows.map((row) => ({ ...row, metric: `${prefix}, ${row.metric}` }));
    const { startup: _, ...rest } = whole;
    const { steady: roomySteady, total: roomyTotal } = roomy ?? {};
    return [
      ...named('200 MB', part),
      ...named('1 GB', Object.values(rest)),
      ...(roomy ? named('1 GB, presets.highPerformance', [{ ...roomySteady, altmount: steady }, roomyTotal]) : []),
    ];
  },
});

async function sequential({ ready, sim, profile, files, wireRatio, smoke, expect }, end, openEnded, engine = {}) {
  const world = await ready([0], { engine });
  const reader = await world.open(0);
  const startupAt = smoke ? profile.articleBytes : startupBytes;
  const cpu = process.cpuUsage();
  const options = { openEnded, markBytes: startupAt, hash: smoke };
  const { markMs: startupMs, lastMs, waitsMs, cpuMs } = await readChecked(reader, files[0].content, 0, end, options);
  const used = process.cpuUsage(cpu);
  await reader.close();
  await world.quiet();
  const { bytesSent, duplicates, bodies } = await sim.counts();
  expect(duplicates === 0, `no duplicates, not ${duplicates}`);
  const articles = Math.ceil(end / profile.articleBytes) - 1;
  // The first article came when the file was added.
  expect(openEnded || bodies === articles, `${articles} articles fetched, not ${bodies}`);
  await world.close();
  const link = fileBytesPerSecond(profile, wireRatio) / 1e6;
  const steady = (end - startupAt) / 1e3 / (lastMs - startupMs);
  return {
    startup: {
      ...{ metric: 'start to 16 MB', value: startupMs, unit: 'ms' },
      floor: rangeMs(profile, wireRatio, profile.articleBytes, startupAt),
    },
    steady: { metric: 'after 16 MB', value: steady, unit: 'MB/s', floor: link },
    total: {
      ...{ metric: 'in all', value: end / 1e3 / lastMs, unit: 'MB/s' },
      floor: end / 1e3 / rangeMs(profile, wireRatio, profile.articleBytes, end),
    },
    share: {
      ...{ metric: 'after 16 MB, share of the link', value: steady / link, unit: '' },
      ...(profile.name === 'premium-750k' ? { bar: { least: 0.95 } } : {}),
    },
    waste: {
      metric: 'fetched / wanted',
      value: bytesSent / wireRatio / (end - profile.articleBytes),
      unit: '',
      floor: 1,
    },
    stall: { metric: 'longest wait for the next piece', value: Math.max(...waitsMs), unit: 'ms' },
    cpu: { metric: 'client CPU', value: ((used.user + used.system) * 1e3) / end, unit: 's/GB' },
    // On a mount the reader is another program.
    ...(cpuMs > 0 ? { reader: { metric: 'CPU of who reads', value: (cpuMs * 1e6) / end, unit: 's/GB' } } : {}),
  };
}
