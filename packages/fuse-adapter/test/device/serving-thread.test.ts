import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { currentThread, innermostThread } from '../../src/device/serving-thread.js';

describe('the number of a thread', () => {
  it.each([
    ['Name:\tnode\nPid:\t17\nPPid:\t1\nNSpid:\t17\nThreads:\t9\n', 17],
    ['Pid:\t4711\nNSpid:\t4711\t52\t3\n', 3],
    ['Name:\tPid: 9\nPid:\t17\nPPid:\t1\n', 17],
  ])('is the innermost of %j', (status, expected) => {
    expect(innermostThread(status)).toBe(expected);
  });

  it.runIf(process.platform === 'linux')('is that of this thread', () => {
    const status = readFileSync('/proc/thread-self/status', 'utf8');
    expect(currentThread()).toBe(innermostThread(status));
  });
});
