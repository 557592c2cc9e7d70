import { describe, expect, it } from 'vitest';
import { ArrivalReader } from '../../src/fetch/arrival-reader.js';
import { IncomingArticle } from '../../src/fetch/incoming-article.js';
import { manualClock } from '../../src/util/clock.js';
import { EventLog } from './support.js';

const size = 700_000;
const agrees = () => true;

/** An article that begins to arrive now, and a reader at its start who wants everything before `limit`. */
function arriving(isEager: boolean, limit = 10 * size) {
  const clock = manualClock();
  const incoming = new IncomingArticle('a@test', agrees, () => {}, clock);
  const sink = incoming.fork();
  const part = { range: { start: 0, end: size }, fileSize: 10 * size, fileName: 'f' };
  sink.begin({ provider: 'a', part, bytes: new Uint8Array(size) });
  const reader = new ArrivalReader(incoming, 0, new EventLog());
  let available = 0;
  /** So many bytes more after so many milliseconds; how many are handed on. */
  return (bytes: number, afterMs: number): number => {
    clock.advance(afterMs);
    available += bytes;
    sink.progress(available);
    let taken = 0;
    for (;;) {
      const isReady = reader.isReady(limit, clock.now(), isEager);
      const piece = reader.take(limit, agrees, clock.now(), isEager);
      expect(piece !== undefined).toBe(isReady);
      if (piece === undefined) return taken;
      taken += piece.length;
    }
  };
}

describe('a reader at an arriving article', () => {
  it('waits for the whole of one that is as good as there', () => {
    const arrive = arriving(false);
    expect([arrive(200_000, 0), arrive(200_000, 4), arrive(299_999, 4)]).toEqual([0, 0, 0]);
  });

  it('gets the first bytes at once when somebody waits for them', () => {
    const arrive = arriving(true);
    expect([arrive(1000, 0), arrive(200_000, 1)]).toEqual([1000, 0]);
  });

  it('follows a slow line piece by piece', () => {
    const arrive = arriving(false);
    expect([arrive(65_536, 8), arrive(65_536, 8)]).toEqual([65_536, 65_536]);
    // Less than a piece is handed on after a while only.
    expect([arrive(10_000, 2), arrive(10_000, 20)]).toEqual([0, 20_000]);
  });

  it('goes on with what is there when a quick line becomes slow', () => {
    const arrive = arriving(false);
    expect([arrive(500_000, 5), arrive(1, 100)]).toEqual([0, 7 * 65_536]);
  });

  it('gets the end of what it wants at once', () => {
    expect(arriving(false, 5000)(100_000, 0)).toBe(5000);
  });
});
