import { describe, expect, it } from 'vitest';
import { closeInOrder } from '../../src/engine/close-in-order.js';
import { silentLogger } from '../../src/engine/logger.js';
import type { LogFields } from '../../src/model/index.js';
import { manualClock } from '../../src/testing.js';

describe('closeInOrder', () => {
  it('closes newest first, past what fails and what hangs, and says so', async () => {
    const clock = manualClock();
    const warnings: LogFields[] = [];
    const closed: string[] = [];
    const boom = new Error('boom');
    const step = (what: string, close: () => Promise<void> = async () => {}) => ({
      what,
      close: () => {
        closed.push(what);
        return close();
      },
    });
    const steps = [
      step('first'),
      step('fails', () => Promise.reject(boom)),
      step('hangs', () => new Promise(() => {})),
      step('throws', () => {
        throw boom;
      }),
      step('last'),
    ];
    const closing = closeInOrder(steps, clock, { ...silentLogger, warn: (fields) => void warnings.push(fields) });
    await new Promise((resolve) => setImmediate(resolve));
    expect(closed).toEqual(['last', 'throws', 'hangs']);
    clock.advance(10_000);
    await closing;
    expect(closed).toEqual(['last', 'throws', 'hangs', 'fails', 'first']);
    expect(warnings).toEqual([
      { err: boom, what: 'throws' },
      { what: 'hangs', afterMs: 10_000 },
      { err: boom, what: 'fails' },
    ]);
    expect(clock.pending).toBe(0);
  });
});
