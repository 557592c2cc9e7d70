import { describe, expect, it } from 'vitest';
import { ChangeLog } from '../../src/catalog/change-log.js';

const revisions = (log: ChangeLog, since: number) => [...log.since(since)].map((change) => change.revision);

describe('ChangeLog', () => {
  it('numbers changes and gives back those after a revision', () => {
    const log = new ChangeLog(10);
    log.record('added', '/a');
    log.record('removed', '/a');
    expect(log.revision).toBe(2);
    expect([...log.since(1)]).toEqual([{ revision: 2, kind: 'removed', path: '/a' }]);
    expect(revisions(log, 0)).toEqual([1, 2]);
    expect(revisions(log, 2)).toEqual([]);
    expect(revisions(log, 99)).toEqual([]);
  });

  it('remembers exactly the newest ones, however many there were', () => {
    const log = new ChangeLog(10);
    for (let index = 1; index <= 137; index++) {
      log.record('added', `/${index}`);
      expect(revisions(log, 0)).toEqual(
        Array.from({ length: Math.min(index, 10) }, (_, at) => index - Math.min(index, 10) + 1 + at),
      );
    }
  });

  it('announces each change once', () => {
    const log = new ChangeLog();
    log.record('added', '/a');
    expect(log.takeUnannounced()).toHaveLength(1);
    expect(log.takeUnannounced()).toBeUndefined();
  });

  it('includes what is noted while somebody reads', () => {
    const log = new ChangeLog();
    log.record('added', '/a');
    const seen: string[] = [];
    for (const change of log.since(0)) {
      seen.push(change.path);
      if (seen.length === 1) log.record('added', '/b');
    }
    expect(seen).toEqual(['/a', '/b']);
  });
});
