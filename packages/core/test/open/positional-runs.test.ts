import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Prefetch, SegmentFetcher } from '../../src/fetch/segment-fetcher.js';
import type { ByteSource, Segment } from '../../src/model/byte-source.js';
import type { ByteRange } from '../../src/model/common.js';
import type { PrefetchPolicy } from '../../src/model/policies.js';
import { type PlacedRead, PositionalRuns } from '../../src/open/positional-runs.js';
import { adaptive, fixed } from '../../src/prefetch/policies.js';
import { RunMemory } from '../../src/prefetch/run-memory.js';
import { manualClock } from '../../src/util/clock.js';

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const articleBytes = 700 * kibibyte;

/** A file of which only the places of its articles matter. */
const sourceOf = (size: number): ByteSource => ({
  size,
  read: () => {
    throw new Error('look-ahead reads nothing');
  },
  *segments(range: ByteRange): Generator<Segment> {
    for (let index = Math.floor(range.start / articleBytes); index * articleBytes < range.end; index++) {
      const start = index * articleBytes;
      yield { id: `${index}`, range: { start, end: start + articleBytes }, exact: true, expectedBytes: articleBytes };
    }
  },
});

/** What a handle's windows do, with reads told one by one. */
class Reader {
  /** Articles asked for ahead of need, in order. */
  readonly ahead: number[] = [];
  readonly cancelled: number[] = [];
  /** Windows opened; lengths of runs that ended. */
  windows = 0;
  readonly lengths: number[] = [];
  /** Counts as so many readers now, and at most. */
  readers = 0;
  mostReaders = 0;
  readonly clock = manualClock();
  readonly runs: PositionalRuns;
  readonly #there = new Set<number>();

  constructor(size: number, policy: PrefetchPolicy = fixed({ aheadBytes: 16 * mebibyte, concurrency: 100 })) {
    const memory = new RunMemory();
    const [resume, ended] = [memory.resume.bind(memory), memory.ended.bind(memory)];
    memory.resume = (position) => {
      this.windows++;
      return resume(position);
    };
    memory.ended = (position, bytes) => {
      this.lengths.push(bytes);
      ended(position, bytes);
    };
    this.runs = new PositionalRuns({
      source: sourceOf(size),
      fetcher: this as unknown as SegmentFetcher,
      policy,
      clock: this.clock,
      view: { freeSlots: () => 50, readers: () => this.readers, budgetBytes: () => 1e9 },
      runs: memory,
      reading: (change) => {
        this.readers += change;
        this.mostReaders = Math.max(this.mostReaders, this.readers);
      },
    });
  }

  isCached(id: string): boolean {
    return this.#there.has(Number(id));
  }

  isCachedOrInFlight(id: string): boolean {
    return this.isCached(id);
  }

  /** Never arrives, so that a window that is given up shows. */
  prefetch({ id }: Segment): Prefetch {
    this.ahead.push(Number(id));
    this.#there.add(Number(id));
    return { done: new Promise(() => {}), cancel: () => this.cancelled.push(Number(id)) };
  }

  begin(start: number, length: number): PlacedRead {
    const read = this.runs.began({ start, end: start + length });
    const last = Math.floor((start + length - 1) / articleBytes);
    for (let index = Math.floor(start / articleBytes); index <= last; index++) this.#there.add(index);
    this.runs.asked(read);
    return read;
  }

  end(read: PlacedRead): void {
    this.runs.taken(read);
    this.runs.ended();
  }

  read(start: number, length: number): void {
    this.end(this.begin(start, length));
  }

  /** Reads in a row from somewhere; returns where it stopped. */
  readOn(start: number, count: number, length = mebibyte): number {
    for (let index = 0; index < count; index++) this.read(start + index * length, length);
    return start + count * length;
  }
}

/** Whether each article was asked for at most once. */
const isOnceEach = (articles: readonly number[]) => new Set(articles).size === articles.length;

const someBytes = fc.integer({ min: 1, max: 256 }).map((pages) => pages * 4 * kibibyte);

describe('a run of positional reads', () => {
  it('is one run however its reads are shuffled within 8 MiB, and however many are on their way', () => {
    const lengths = fc.array(someBytes, { minLength: 40, maxLength: 120 });
    const property = fc.property(lengths, fc.nat(2 ** 31), fc.integer({ min: 1, max: 64 }), (sizes, seed, depth) => {
      const reader = new Reader(4e9);
      const random = seeded(seed);
      const underWay: PlacedRead[] = [];
      for (const { start, end } of shuffled(rangesFrom(1e9, sizes), 8 * mebibyte, random)) {
        if (underWay.length >= depth) reader.end(underWay.splice(random(underWay.length), 1)[0] as PlacedRead);
        underWay.push(reader.begin(start, end - start));
      }
      for (const read of underWay) reader.end(read);
      expect(reader.windows).toBeLessThanOrEqual(1);
      expect(reader.lengths.length).toBeLessThanOrEqual(1);
      expect(reader.cancelled).toEqual([]);
      expect(isOnceEach(reader.ahead)).toBe(true);
      // One after the other, or a few side by side, it is a sequence.
      if (depth <= 8) expect(reader.windows).toBe(1);
      reader.runs.close();
      expect(reader.readers).toBe(0);
      expect(reader.clock.pending).toBe(0);
    });
    fc.assert(property, { numRuns: 200 });
  });

  it('is followed from the second read that comes back for more, not from reads asked for together', () => {
    const reader = new Reader(1e9);
    const together = [0, 1, 2, 3].map((index) => reader.begin(index * mebibyte, mebibyte));
    for (const read of together) reader.end(read);
    expect(reader.ahead).toEqual([]);
    reader.begin(4 * mebibyte, mebibyte);
    expect(reader.ahead.length).toBeGreaterThan(20);
    expect(Math.min(...reader.ahead)).toBe(Math.floor((5 * mebibyte) / articleBytes) + 1);
  });

  it('may leave out as much as it has read, up to a mebibyte', () => {
    for (const [gap, windows] of [
      [64 * kibibyte, 1],
      [128 * kibibyte, 1],
      [129 * kibibyte, 0],
    ] as const) {
      const reader = new Reader(1e9);
      reader.read(5e6, 128 * kibibyte);
      reader.read(5e6 + 128 * kibibyte + gap, 128 * kibibyte);
      expect(reader.windows).toBe(windows);
    }
  });

  it('looks ahead from where the reader went back to, as soon as he reads on there', () => {
    const reader = new Reader(1e9);
    const end = reader.readOn(100 * mebibyte, 30);
    const before = reader.ahead.length;
    const back = end - 5 * mebibyte;
    reader.read(back, 64 * kibibyte);
    expect(reader.cancelled).toEqual([]);
    reader.read(back + 64 * kibibyte, 64 * kibibyte);
    expect([reader.windows, reader.readers]).toEqual([2, 1]);
    expect(reader.cancelled.length).toBeGreaterThan(0);
    expect(reader.ahead.length).toBe(before);
  });

  it('keeps what is on its way when the reader leaves some of it out', () => {
    const reader = new Reader(1e9);
    const end = reader.readOn(100 * mebibyte, 30);
    const before = reader.ahead.length;
    const there = end + 12 * mebibyte;
    reader.read(there, mebibyte);
    expect(reader.ahead.length).toBe(before);
    reader.readOn(there + mebibyte, 2);
    expect([reader.windows, reader.readers, reader.cancelled.length]).toEqual([1, 1, 0]);
    expect(isOnceEach(reader.ahead)).toBe(true);
    expect(Math.max(...reader.ahead)).toBeGreaterThan(Math.floor((there + 16 * mebibyte) / articleBytes));
  });

  it('is not made of reads backwards', () => {
    const reader = new Reader(1e9);
    for (let at = 500; at > 300; at--) reader.read(at * mebibyte, mebibyte);
    expect(reader.ahead).toEqual([]);
  });

  it('ends with the file', () => {
    const reader = new Reader(10 * mebibyte);
    expect(reader.readOn(0, 10)).toBe(10 * mebibyte);
    expect(isOnceEach(reader.ahead)).toBe(true);
    expect(Math.max(...reader.ahead)).toBeLessThanOrEqual(Math.floor((10 * mebibyte) / articleBytes));
    reader.runs.close();
    expect(reader.lengths.at(-1)).toBe(10 * mebibyte);
  });
});

describe('readers who hop about', () => {
  it('fetch nothing ahead, near to each other as they may be', () => {
    const slotBytes = 192 * kibibyte;
    const hops = fc.array(
      fc.tuple(
        fc.nat(1000),
        someBytes.map((bytes) => Math.min(bytes, 64 * kibibyte)),
      ),
      {
        minLength: 2,
        maxLength: 300,
      },
    );
    const property = fc.property(hops, fc.integer({ min: 1, max: 16 }), (places, depth) => {
      const reader = new Reader(4e9);
      const underWay: PlacedRead[] = [];
      for (const [slot, length] of new Map(places)) {
        if (underWay.length >= depth) reader.end(underWay.shift() as PlacedRead);
        underWay.push(reader.begin(slot * slotBytes, length));
      }
      for (const read of underWay) reader.end(read);
      expect(reader.ahead).toEqual([]);
      expect(reader.readers).toBe(0);
    });
    fc.assert(property, { numRuns: 200 });
  });

  it('fetch hardly more than the articles they read in, anywhere in the file', () => {
    for (const seed of [1, 2, 3, 4]) {
      const random = seeded(seed);
      const reader = new Reader(4e9, adaptive());
      for (let count = 0; count < 3000; count++) {
        const length = 4 * kibibyte * (1 + random(16));
        reader.read(random(4e9 - length), length);
      }
      expect(reader.ahead.length).toBeLessThan(0.05 * 3000);
    }
  });

  it('leave those who read on alone', () => {
    const random = seeded(9);
    const reader = new Reader(40e9);
    for (let step = 0; step < 200; step++) {
      reader.read(step * mebibyte, mebibyte);
      if (step > 2) reader.read(1e9 + random(39e9 - mebibyte), 4 * kibibyte);
    }
    expect(reader.windows).toBeLessThanOrEqual(2);
    expect(isOnceEach(reader.ahead)).toBe(true);
    expect(reader.cancelled).toEqual([]);
  });
});

describe('several readers on one handle', () => {
  it('keep each other’s windows once they have come back', () => {
    const bursts = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 40, maxLength: 80 });
    const property = fc.property(bursts, fc.integer({ min: 2, max: 4 }), someBytes, (rounds, count, length) => {
      const reader = new Reader(40e9);
      const positions = Array.from({ length: count }, (_, index) => index * 8e9);
      const settled = 8 * count;
      let cancelled = 0;
      for (const [round, burst] of rounds.entries()) {
        const who = round % count;
        positions[who] = reader.readOn(positions[who] as number, burst, length);
        if (round === settled) cancelled = reader.cancelled.length;
      }
      expect(reader.cancelled.length).toBe(cancelled);
      expect(reader.readers).toBe(count);
      expect(reader.mostReaders).toBeLessThanOrEqual(4);
    });
    fc.assert(property, { numRuns: 100 });
  });

  it('begin with one window given up, not one per alternation', () => {
    const reader = new Reader(40e9);
    let [sound, picture] = [0, 20e9];
    for (let round = 0; round < 50; round++) {
      picture = reader.readOn(picture, 4);
      sound = reader.readOn(sound, 1, 128 * kibibyte);
    }
    expect(reader.windows).toBeLessThanOrEqual(3);
    expect(reader.readers).toBe(2);
  });

  it('cannot hold on to a place the reader has left for good', () => {
    const reader = new Reader(40e9);
    reader.readOn(0, 100);
    reader.read(20e9, mebibyte);
    expect(reader.cancelled).toEqual([]);
    reader.begin(20e9 + mebibyte, mebibyte);
    expect(reader.cancelled.length).toBeGreaterThan(10);
    expect(reader.readers).toBe(1);
  });

  it('have four windows at most', () => {
    const reader = new Reader(80e9);
    const positions = Array.from({ length: 7 }, (_, index) => index * 10e9);
    for (let round = 0; round < 20; round++)
      for (const [who, position] of positions.entries()) positions[who] = reader.readOn(position, 1);
    expect(reader.mostReaders).toBe(4);
  });
});

describe('a window of positional reads', () => {
  it('gives its share back after a minute without a move, and comes again with the next', () => {
    const reader = new Reader(1e9);
    const end = reader.readOn(0, 4);
    expect(reader.readers).toBe(1);
    reader.clock.advance(59_000);
    reader.read(end, mebibyte);
    reader.clock.advance(59_000);
    expect(reader.readers).toBe(1);
    reader.clock.advance(61_000);
    expect(reader.readers).toBe(0);
    expect(reader.clock.pending).toBe(0);
    reader.read(end + mebibyte, mebibyte);
    expect(reader.readers).toBe(1);
    reader.runs.close();
    expect(reader.clock.pending).toBe(0);
  });

  it('never opens after the handle was closed', () => {
    const reader = new Reader(1e9);
    reader.read(0, mebibyte);
    const late = reader.begin(mebibyte, mebibyte);
    reader.runs.close();
    reader.end(late);
    expect([reader.readers, reader.clock.pending]).toEqual([0, 0]);
  });
});

function seeded(seed: number): (below: number) => number {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return Math.floor(((state >>> 0) / 2 ** 32) * below);
  };
}

function rangesFrom(start: number, lengths: readonly number[]): ByteRange[] {
  let at = start;
  return lengths.map((length) => {
    at += length;
    return { start: at - length, end: at };
  });
}

/** The reads in an order in which those on their way never lie further apart than `withinBytes`. */
function* shuffled(reads: readonly ByteRange[], withinBytes: number, random: (below: number) => number) {
  const left = [...reads];
  while (left.length > 0) {
    const limit = (left[0] as ByteRange).start + withinBytes;
    const reach = left.findIndex((read) => read.end > limit);
    yield left.splice(random(reach === -1 ? left.length : Math.max(1, reach)), 1)[0] as ByteRange;
  }
}
