import { manualClock } from '@newsreel/core/testing';
import { describe, expect, it } from 'vitest';
import { ConnectionStats } from '../../src/pool/connection-stats.js';
import { DialBackoff } from '../../src/pool/dial-backoff.js';
import { LearnedLimit } from '../../src/pool/learned-limit.js';

describe('a learned limit', () => {
  it('is lowered by refusals and recovers one by one', () => {
    const clock = manualClock();
    let raised = 0;
    const limit = new LearnedLimit(clock, 10, 30_000, () => raised++);
    expect(limit.current).toBe(10);
    limit.lower(8);
    limit.lower(7);
    expect(limit.current).toBe(7);
    clock.advance(29_999);
    expect([limit.current, raised]).toEqual([7, 0]);
    clock.advance(1);
    expect([limit.current, raised]).toEqual([8, 1]);
    clock.advance(60_000);
    expect(limit.current).toBe(10);
    expect(clock.pending).toBe(0);
  });

  it('waits twice as long after each lesson', () => {
    const clock = manualClock();
    const limit = new LearnedLimit(clock, 10, 30_000, () => {});
    limit.lower(5);
    clock.advance(30_000);
    expect(limit.current).toBe(6);
    limit.lower(5);
    clock.advance(59_999);
    expect(limit.current).toBe(5);
    clock.advance(1);
    expect(limit.current).toBe(6);
  });

  it('never goes below one, and leaves no timer when closed', () => {
    const clock = manualClock();
    const limit = new LearnedLimit(clock, 4, 1000, () => {});
    limit.lower(0);
    expect(limit.current).toBe(1);
    limit.close();
    expect(clock.pending).toBe(0);
  });
});

describe('pauses between attempts', () => {
  it('double with jitter up to the longest, and count simultaneous failures once', () => {
    const clock = manualClock();
    let over = 0;
    const backoff = new DialBackoff(clock, 500, 4000, () => over++);
    const pauses: number[] = [];
    for (let attempt = 0; attempt < 6; attempt++) {
      const startedMs = clock.now() + 1;
      clock.advance(10);
      for (let simultaneous = 0; simultaneous < 5; simultaneous++) backoff.failed(startedMs);
      const fromMs = clock.now();
      while (backoff.waiting) clock.advance(1);
      pauses.push(clock.now() - fromMs);
    }
    const full = [500, 1000, 2000, 4000, 4000, 4000];
    for (const [at, pause] of pauses.entries()) {
      expect(pause).toBeGreaterThanOrEqual((full[at] as number) / 2);
      expect(pause).toBeLessThanOrEqual((full[at] as number) + 1);
    }
    expect([over, clock.pending]).toEqual([6, 0]);
    backoff.succeeded();
    expect(backoff.failures).toBe(0);
  });
});

describe('the measured depth', () => {
  const measured = (roundTripMs: number, bytesPerSecond: number, articleBytes: number) => {
    const stats = new ConnectionStats();
    stats.answered(roundTripMs);
    stats.delivered(articleBytes, (articleBytes / bytesPerSecond) * 1000);
    return stats;
  };

  it.each([
    [0.2, 1e9, 700_000, 8, 2],
    [40, 8_000_000, 750_000, 8, 2],
    [100, 50_000_000, 750_000, 16, 8],
    [100, 50_000_000, 750_000, 4, 4],
    [50, 8_000_000, 100_000, 8, 5],
    [50, 8_000_000, 100_000, 1, 1],
  ])('%d ms, %d B/s, %d B per article, at most %d: %d', (roundTripMs, rate, bytes, most, depth) => {
    expect(measured(roundTripMs, rate, bytes).depth(most)).toBe(depth);
  });
});
