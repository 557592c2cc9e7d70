import { createHash } from 'node:crypto';
import { readChecked, sha256Of } from '../checked.mjs';
import { articleMs, rangeMs } from '../floors.mjs';
import { scenario } from '../scenario.mjs';
import { median, quantile } from '../statistics.mjs';

const count = 24;
const pieceBytes = 65_536;

/** B3: random 64 KiB reads in a file of 400 articles, each in an article nobody has read. */
export const b3 = scenario({
  name: 'B3',
  via: ['api', 'webdav', 'fuse', 'rclone'],
  files: (sizes) => [{ name: 'seeks.bin', size: sizes.articles(400) }],
  async once(context) {
    const { published, profile, via, wireRatio } = context;
    const altmount = published({ 'premium-750k': 154.5, 'slow-4m': 1646 });
    // A body over HTTP ends with its last byte, so that byte waits until the article is verified.
    const isOverHttp = via === 'webdav' || via === 'rclone';
    const floorOf = isOverHttp ? () => rangeVerifiedMs(profile, wireRatio) : undefined;
    const anywhere = await storm(context, randomPlaces(context, 1), streamed, floorOf);
    const aligned = await storm(context, alignedPlaces(context), streamed, floorOf);
    const rows = [
      { ...anywhere.p50, metric: 'stream of a range, p50', altmount },
      { ...anywhere.over, metric: 'stream of a range, p50 over its floor', bar: { most: 15 } },
      { ...anywhere.p95, metric: 'stream of a range, p95' },
      { ...anywhere.articles, metric: 'stream of a range, articles fetched per read' },
      // Where 64 KiB alone take longer than that, the first byte has to keep to it.
      { ...aligned.first, metric: 'from the start of an article, first byte, p50', bar: { most: profile.rttMs + 20 } },
      {
        ...{ ...aligned.p50, metric: 'from the start of an article, p50' },
        ...(aligned.p50.floor < profile.rttMs + 15 ? { bar: { most: profile.rttMs + 20 } } : {}),
      },
    ];
    if (via !== 'api') return rows;
    const verified = await storm(context, randomPlaces(context, 2), readVerified, () =>
      rangeVerifiedMs(profile, wireRatio),
    );
    return [
      ...rows,
      { ...verified.p50, metric: 'read(), verified, p50', altmount },
      { ...verified.over, metric: 'read(), verified, p50 over its floor' },
      { ...verified.articles, metric: 'read(), verified, articles fetched per read' },
    ];
  },
});

const streamed = (reader, content, start) => readChecked(reader, content, start, start + pieceBytes, { hash: true });

async function readVerified(reader, content, start) {
  const startedMs = performance.now();
  const bytes = await reader.read(start, pieceBytes);
  const tookMs = performance.now() - startedMs;
  const hash = createHash('sha256').update(bytes).digest('hex');
  if (hash !== sha256Of(content, start, start + pieceBytes))
    throw new Error('the hash is not that of the bytes posted');
  return { firstMs: tookMs, lastMs: tookMs };
}

/** A verified byte is there when its whole article is. */
const rangeVerifiedMs = (profile, wireRatio) => articleMs(profile, wireRatio);

async function storm(context, places, read, floorOf) {
  const { ready, sim, profile, files, wireRatio, smoke, expect } = context;
  const world = await ready();
  const reader = await world.open(0);
  const took = [];
  const first = [];
  const floors = [];
  for (const start of places) {
    const { firstMs, lastMs } = await read(reader, files[0].content, start);
    took.push(lastMs);
    first.push(firstMs);
    floors.push(floorOf?.(profile, start) ?? rangeMs(profile, wireRatio, start, start + pieceBytes));
  }
  await reader.close();
  await world.quiet();
  const { bodies, duplicates } = await sim.counts();
  expect(duplicates === 0, `no duplicates, not ${duplicates}`);
  const most = smoke ? 6 : Number.POSITIVE_INFINITY;
  expect(bodies / places.length <= most, `at most ${most} articles per read, not ${bodies / places.length}`);
  await world.close();
  const over = took.map((ms, at) => ms - floors[at]);
  return {
    p50: { value: median(took), unit: 'ms', floor: median(floors) },
    first: { value: median(first), unit: 'ms', floor: profile.rttMs },
    p95: { value: quantile(took, 0.95), unit: 'ms', floor: quantile(floors, 0.95) },
    over: { value: median(over), unit: 'ms' },
    articles: { value: bodies / places.length, unit: '', floor: articlesPerRead(places, profile) },
  };
}

function articlesPerRead(places, { articleBytes }) {
  const articles = places.map(
    (start) => Math.floor((start + pieceBytes - 1) / articleBytes) - Math.floor(start / articleBytes) + 1,
  );
  return articles.reduce((sum, value) => sum + value, 0) / places.length;
}

/** Places in articles that are far from each other and in no order; the same for the same run. */
function randomPlaces({ profile, files, smoke, run }, salt) {
  const articles = files[0].segments.length;
  const reads = smoke ? 3 : count;
  const stride = Math.floor((articles - 3) / reads);
  let state = (run + 1) * 7919 + salt * 104_729;
  const random = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
  const places = Array.from({ length: reads }, (_, at) =>
    Math.floor((2 + at * stride + random()) * profile.articleBytes),
  );
  return places
    .map((place) => [random(), place])
    .sort(([a], [b]) => a - b)
    .map(([, place]) => place);
}

function alignedPlaces(context) {
  const { articleBytes } = context.profile;
  return randomPlaces(context, 3).map((place) => context.roundUp(Math.floor(place / articleBytes) * articleBytes));
}
