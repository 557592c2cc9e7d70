import { describe, expect, it, vi } from 'vitest';
import type { ByteLedger, Lane } from '../../src/model/index.js';
import { createByteLedger } from '../../src/util/byte-ledger.js';

/** Whether so many bytes can be charged now. */
function hasRoom(ledger: ByteLedger, bytes: number, lane: Lane): boolean {
  const charge = ledger.tryCharge(bytes, lane);
  charge?.release();
  return charge !== undefined;
}

describe('byte ledger', () => {
  it('refuses beyond its limit and grants again after a release', () => {
    const ledger = createByteLedger(100);
    const first = ledger.tryCharge(80, 'playback');
    expect(first?.bytes).toBe(80);
    expect(ledger.tryCharge(30, 'playback')).toBeUndefined();
    const heard = vi.fn();
    ledger.onRoom(heard);
    first?.release();
    first?.release();
    expect(heard).toHaveBeenCalledTimes(1);
    expect(ledger.usedBytes).toBe(0);
    expect(ledger.tryCharge(30, 'playback')).toBeDefined();
  });

  it('keeps a reserve that only playback may use', () => {
    const ledger = createByteLedger(100);
    ledger.tryCharge(80, 'prefetch');
    expect(ledger.tryCharge(10, 'prefetch')).toBeUndefined();
    expect(ledger.tryCharge(10, 'playback')).toBeDefined();
  });

  it('asks the caches to make room before it refuses', () => {
    const ledger = createByteLedger(100);
    const cached = ledger.tryCharge(80, 'prefetch');
    ledger.reclaimFrom(() => cached?.release());
    expect(ledger.tryCharge(60, 'playback')?.bytes).toBe(60);
  });

  it('lets one article larger than the limit pass when nothing else is held', () => {
    const ledger = createByteLedger(100);
    expect(ledger.tryCharge(500, 'background')).toBeDefined();
    expect(ledger.tryCharge(1, 'playback')).toBeUndefined();
  });

  it('follows a corrected estimate', () => {
    const ledger = createByteLedger(100);
    const charge = ledger.tryCharge(50, 'playback');
    charge?.resize(20);
    expect(ledger.usedBytes).toBe(20);
    charge?.release();
    charge?.resize(70);
    expect(ledger.usedBytes).toBe(0);
  });

  it('keeps room for one large article of playback, up to a quarter', () => {
    const ledger = createByteLedger(100);
    ledger.tryCharge(1, 'background');
    expect(hasRoom(ledger, 84, 'prefetch')).toBe(true);
    ledger.tryCharge(20, 'playback')?.release();
    expect(hasRoom(ledger, 80, 'prefetch')).toBe(false);
    expect(hasRoom(ledger, 79, 'prefetch')).toBe(true);
    ledger.tryCharge(60, 'playback')?.release();
    expect(hasRoom(ledger, 75, 'background')).toBe(false);
    expect(hasRoom(ledger, 74, 'background')).toBe(true);
  });

  it('counts how often it said no', () => {
    const ledger = createByteLedger(100);
    ledger.tryCharge(90, 'playback');
    expect(ledger.refusals).toBe(0);
    ledger.tryCharge(90, 'playback');
    ledger.tryCharge(1, 'import');
    expect(ledger.refusals).toBe(2);
  });

  it('lets one article of playback pass as a last resort when only readers hold memory, and no second one', () => {
    const ledger = createByteLedger(100);
    const tryBeyond = (bytes: number, lane: Lane) => ledger.beyond(() => ledger.tryCharge(bytes, lane));
    const held = [ledger.tryCharge(50, 'playback'), ledger.tryCharge(50, 'playback')];
    const heard = vi.fn();
    ledger.onRoom(heard);
    held[0]?.landed?.();
    expect(tryBeyond(50, 'playback')).toBeUndefined();
    expect(heard).not.toHaveBeenCalled();
    held[1]?.landed?.();
    expect(heard).toHaveBeenCalledTimes(1);
    expect(ledger.tryCharge(50, 'playback')).toBeUndefined();
    expect(tryBeyond(50, 'prefetch')).toBeUndefined();
    const over = tryBeyond(50, 'playback');
    expect(ledger.usedBytes).toBe(150);
    over?.landed?.();
    expect(tryBeyond(1, 'playback')).toBeUndefined();
    over?.release();
    expect(ledger.usedBytes).toBe(100);
  });
});
