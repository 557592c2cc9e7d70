import { describe, expect, it, vi } from 'vitest';
import { createByteLedger } from '../../src/util/byte-ledger.js';

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
});
