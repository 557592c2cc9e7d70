import { describe, expect, it } from 'vitest';
import { ConnectionStats } from '../../src/pool/connection-stats.js';

const articleBytes = 750_000;

/** What is known after so many articles over a link of a rate, with a round trip. */
function measured(bytesPerSecond: number, roundTripMs: number, articles = 30): ConnectionStats {
  const stats = new ConnectionStats();
  for (let count = 0; count < articles; count++) {
    stats.answered(roundTripMs);
    stats.delivered(articleBytes, (articleBytes * 1000) / bytesPerSecond);
  }
  return stats;
}

describe('the depth of a connection', () => {
  it.each([
    ['a slow link', 8e6, 40, 2],
    ['a server nearby', 8e6, 1, 2],
    ['a fast link at a distance', 75e6, 50, 6],
    ['a link faster than anything', 1e9, 50, 10],
  ])('over %s', (_, bytesPerSecond, roundTripMs, depth) => {
    expect(measured(bytesPerSecond, roundTripMs).depth(10)).toBe(depth);
  });

  it('does not grow because a few articles had gathered before they were read', () => {
    const stats = measured(8e6, 40);
    for (let count = 0; count < 3; count++) stats.delivered(articleBytes, 1);
    expect(stats.bytesPerSecond).toBeLessThan(20e6);
    expect(stats.depth(10)).toBeLessThanOrEqual(3);
  });

  it('follows a link that became slow within a few articles', () => {
    const stats = measured(1e9, 50);
    for (let count = 0; count < 8; count++) stats.delivered(articleBytes, 94);
    expect(stats.depth(10)).toBe(2);
  });
});

describe('the round trip', () => {
  it('is not taken for longer because the machine was busy once', () => {
    const stats = measured(8e6, 40);
    stats.answered(120);
    stats.answered(40);
    expect(stats.latencyMs).toBeLessThan(50);
  });
});
