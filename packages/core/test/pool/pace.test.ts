import { describe, expect, it } from 'vitest';
import { Arrival } from '../../src/pool/arrival.js';
import { resolveHedgeOptions } from '../../src/pool/hedging.js';
import { LateWatch } from '../../src/pool/late-watch.js';
import { Pace } from '../../src/pool/pace.js';
import { manualClock } from '../../src/util/clock.js';

const bounds = { leastLateMs: 60, mostLateMs: 2000 };

function measured(delaysMs: readonly number[]): Pace {
  const pace = new Pace();
  for (const delayMs of delaysMs) pace.firstByte(delayMs, 0);
  return pace;
}

describe('when a first byte counts as late', () => {
  it('before anything was measured: after three times what was expected, and not too soon', () => {
    expect(new Pace().firstByteLimitMs(10, bounds)).toBe(300);
    expect(new Pace().firstByteLimitMs(200, bounds)).toBe(600);
  });

  it('after what almost all of them took beyond what was expected, within bounds', () => {
    const steady = measured(Array.from({ length: 64 }, () => 2));
    expect(steady.firstByteLimitMs(40, bounds)).toBe(100);
    const jittery = measured(Array.from({ length: 64 }, (_, at) => (at % 10 === 0 ? 300 : 5)));
    expect(jittery.firstByteLimitMs(40, bounds)).toBe(360);
    const slow = measured(Array.from({ length: 64 }, () => 9000));
    expect(slow.firstByteLimitMs(40, bounds)).toBe(2040);
  });

  it('a few outliers change nothing, and old ones are forgotten', () => {
    const pace = measured(Array.from({ length: 64 }, (_, at) => (at < 2 ? 5000 : 1)));
    expect(pace.firstByteLimitMs(40, bounds)).toBe(100);
    for (let at = 0; at < 64; at++) pace.firstByte(500, 0);
    expect(pace.firstByteLimitMs(40, bounds)).toBe(560);
    for (let at = 0; at < 64; at++) pace.firstByte(1, 0);
    expect(pace.firstByteLimitMs(40, bounds)).toBe(100);
  });

  it('what waits ahead of it on its connection is not held against it', () => {
    const pace = measured(Array.from({ length: 64 }, () => 2));
    expect(pace.firstByteLimitMs(1000, bounds)).toBe(1252);
  });
});

describe('a watch over an attempt', () => {
  function watched(blockedMs = 0) {
    const clock = manualClock();
    const pace = new Pace();
    pace.transferred(1_000_000, 100);
    const arrival = new Arrival(undefined, 40, clock, pace);
    const late: string[] = [];
    const lagging = { ...clock, after: (ms: number, call: () => void) => clock.after(ms + blockedMs, call) };
    const attempt = {
      arrival,
      pace,
      alone: () => false,
      late: (after: string) => late.push(`${after} ${clock.now()}`) > 0,
    };
    const watch = new LateWatch(attempt, lagging, resolveHedgeOptions());
    const begin = () => arrival.begin({ provider: 'p', part: part, bytes: new Uint8Array(1_000_000) });
    return { clock, arrival, late, watch, begin };
  }
  const part = { range: { start: 0, end: 1_000_000 }, fileSize: 1_000_000, fileName: 'f' };

  it('tells once that there is no first byte, and nothing when it was stopped', () => {
    const { clock, late } = watched();
    clock.advance(5000);
    expect(late).toEqual(['first-byte 300']);
    const stopped = watched();
    stopped.watch.stop();
    stopped.clock.advance(5000);
    expect([stopped.late, stopped.clock.pending]).toEqual([[], 0]);
  });

  it('tells that an answer stalls', () => {
    const { clock, late, begin, arrival } = watched();
    clock.advance(50);
    begin();
    arrival.progress(900_000);
    clock.advance(2000);
    // 300: first look, all well; 425: nothing new yet; 550: nothing for 250 ms.
    expect(late).toEqual(['progress 550']);
  });

  it('tells that an answer trickles, and is content with one that comes along', () => {
    for (const [bytesPerMs, expected] of [
      [500, ['progress 300']],
      [5000, []],
    ] as const) {
      const { clock, late, begin, arrival, watch } = watched();
      clock.advance(50);
      begin();
      for (let ms = 0; ms < 190; ms++) {
        clock.advance(2);
        arrival.progress(Math.min(1_000_000, ms * 2 * bytesPerMs));
      }
      watch.stop();
      expect(late).toEqual(expected);
    }
  });

  it('looks again when the event loop was too busy to tell', () => {
    const { clock, late } = watched(100);
    clock.advance(505);
    expect(late).toEqual([]);
    clock.advance(100);
    expect(late).toEqual(['first-byte 510']);
  });
});
