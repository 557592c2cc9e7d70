import { describe, expect, it } from 'vitest';
import { FreeSlots } from '../../src/engine/free-slots.js';
import type { Provider } from '../../src/model/index.js';
import { manualClock } from '../../src/testing.js';

describe('FreeSlots', () => {
  it('counts again when time has passed or room appeared, and not in between', async () => {
    const clock = manualClock();
    let free = 3;
    let counted = 0;
    const listeners = new Set<() => void>();
    const provider = {
      stats: () => {
        counted++;
        return { freeSlots: free };
      },
      onRoom: (listener: () => void) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    } as unknown as Provider;
    const slots = new FreeSlots([provider, provider], clock);
    expect([slots.now(), slots.now(), counted]).toEqual([6, 6, 2]);
    free = 5;
    for (const listener of listeners) listener();
    expect([slots.now(), counted]).toEqual([10, 4]);
    free = 1;
    clock.advance(2);
    expect(slots.now()).toBe(2);
    await slots.close();
    expect(listeners.size).toBe(0);
  });
});
