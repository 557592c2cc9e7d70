import { describe, expect, it } from 'vitest';
import { createKinship, type ProcessTable, procProcessTable } from '../../src/device/kinship.js';

const own = 100;
/** 300 is a child's child, 400 somebody else's, 900 and 901 are each other's. */
const parents: Record<number, number> = { 200: own, 300: 200, 400: 50, 50: 1, 900: 901, 901: 900 };

function family(options: Partial<ProcessTable> = {}) {
  let looks = 0;
  const table: ProcessTable = {
    own,
    isOwnThread: (thread) => {
      looks++;
      return thread === own || thread === 101;
    },
    parentOf(thread) {
      const parent = parents[thread];
      if (parent === undefined) throw new Error('gone');
      return parent;
    },
    ...options,
  };
  let nowMs = 0;
  const isKin = createKinship(table, () => nowMs);
  return { isKin, looks: () => looks, advance: (byMs: number) => (nowMs += byMs) };
}

describe('kinship', () => {
  it.each([
    [own, true, 'the process itself'],
    [101, true, 'a thread of it'],
    [200, true, 'a child'],
    [300, true, 'a grandchild'],
    [400, false, 'a stranger'],
    [500, false, 'one that is gone'],
    [900, false, 'a circle'],
    [0, false, 'the kernel, or another pid namespace'],
  ])('%i: %s, %s', (thread, expected) => {
    expect(family().isKin(thread)).toBe(expected);
  });

  it('is looked up once a second, for numbers are used again', () => {
    const { isKin, looks, advance } = family();
    for (let count = 0; count < 10; count++) isKin(400);
    expect(looks()).toBe(1);
    advance(1_001);
    isKin(400);
    expect(looks()).toBe(2);
  });

  it('is nobody where /proc counts in another namespace', () => {
    expect(family({ own: undefined }).isKin(200)).toBe(false);
  });

  it.runIf(process.platform === 'linux')('is read from /proc', () => {
    expect(procProcessTable.own).toBe(process.pid);
    expect(procProcessTable.isOwnThread(process.pid)).toBe(true);
    expect(procProcessTable.parentOf(process.pid)).toBe(process.ppid);
    expect(procProcessTable.isOwnThread(process.ppid)).toBe(false);
  });
});
