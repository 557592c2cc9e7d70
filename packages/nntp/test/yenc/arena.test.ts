import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createArena,
  granuleBytes,
  largestSlotBytes,
  type Slot,
  setPoisonFreedSlots,
  slackBytes,
} from '../../src/yenc/arena.js';
import { SlotMap } from '../../src/yenc/slot-map.js';

const smallArenaBytes = 32 * 1024 * 1024;

afterEach(() => setPoisonFreedSlots(false));

/** Takes (positive size) and gives back (index of something taken) in any order. */
const moves = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ take: fc.integer({ min: 0, max: 3_000_000 }) }) },
    { weight: 2, arbitrary: fc.record({ give: fc.nat() }) },
  ),
  { maxLength: 120, size: 'max' },
);

describe('the arena', () => {
  it('hands out slots that never overlap, inside the memory, with slack, and gets all of them back', () => {
    const arena = createArena(smallArenaBytes);
    const { slotBytes } = arena.use();
    fc.assert(
      fc.property(moves, (steps) => {
        const taken: Slot[] = [];
        for (const step of steps) {
          if ('take' in step) {
            const slot = arena.takeSlot(step.take);
            if (!slot) continue;
            expect(slot.byteLength).toBeGreaterThanOrEqual(step.take + slackBytes);
            expect(slot.address % granuleBytes).toBe(0);
            expect(slot.address).toBeGreaterThanOrEqual(arena.scratchOutput + granuleBytes);
            expect(slot.address + slot.byteLength + slackBytes).toBeLessThanOrEqual(arena.bytes.length);
            for (const other of taken)
              expect(
                slot.address + slot.byteLength <= other.address || other.address + other.byteLength <= slot.address,
              ).toBe(true);
            taken.push(slot);
          } else if (taken.length > 0) taken.splice(step.give % taken.length, 1)[0]?.free();
          expect(arena.use().takenBytes).toBe(taken.reduce((sum, slot) => sum + slot.byteLength, 0));
        }
        for (const slot of taken) slot.free();
        expect(arena.use()).toEqual({ slotBytes, takenBytes: 0 });
      }),
      { numRuns: 150 },
    );
    const whole = arena.takeSlot(16 * 1024 * 1024 - slackBytes);
    expect(whole).toBeDefined();
  });

  it('says no when it is full or the article is too large, and yes again after a release', () => {
    const arena = createArena(smallArenaBytes);
    const taken: Slot[] = [];
    for (let slot = arena.takeSlot(700_000); slot; slot = arena.takeSlot(700_000)) taken.push(slot);
    expect(taken.length).toBeGreaterThan(35);
    expect(arena.takeSlot(largestSlotBytes + 1)).toBeUndefined();
    taken[10]?.free();
    expect(arena.takeSlot(700_000)?.address).toBe(taken[10]?.address);
  });

  it('frees a slot once, however often it is asked', () => {
    const arena = createArena(smallArenaBytes);
    const first = arena.takeSlot(1000);
    first?.free();
    const second = arena.takeSlot(1000);
    expect(second?.address).toBe(first?.address);
    first?.free();
    expect(arena.takeSlot(1000)?.address).not.toBe(second?.address);
  });

  it('poisons freed slots in test mode', () => {
    const arena = createArena(smallArenaBytes);
    const slot = arena.takeSlot(100) as Slot;
    const bytes = arena.bytes.subarray(slot.address, slot.address + slot.byteLength);
    bytes.fill(1);
    setPoisonFreedSlots(true);
    slot.free();
    expect(bytes.every((byte) => byte === 0xdb)).toBe(true);
  });

  it('keeps the socket buffer apart from tables, scratch and slots', () => {
    const arena = createArena(smallArenaBytes);
    const inputEnd = arena.input.byteOffset + arena.input.length;
    expect(arena.input.byteOffset).toBeGreaterThanOrEqual(1024 * 1024);
    expect(inputEnd).toBeLessThanOrEqual(arena.scratchInput);
    expect(arena.takeSlot(1)?.address).toBeGreaterThan(arena.scratchOutput);
  });
});

describe('the slot map', () => {
  it('joins neighbours, so that everything given back is one run again', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 60, size: 'max' }),
        fc.func(fc.nat()),
        (sizes, order) => {
          const map = new SlotMap(400);
          const taken = sizes.map((size) => ({ size, start: map.take(size) })).filter(({ start }) => start >= 0);
          taken.sort((a, b) => order(a.start) - order(b.start));
          for (const { start, size } of taken) map.give(start, size);
          expect(map).toMatchObject({ free: 400, runs: 1 });
          expect(map.take(400)).toBe(0);
        },
      ),
    );
  });

  it('does not fragment: with articles of 1 to 16 granules coming and going, three quarters of the space are usable', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat({ max: 1_000_000 })), fc.integer({ min: 1, max: 16 }), (numbers, usual) => {
        const map = new SlotMap(2048);
        const taken: { start: number; size: number }[] = [];
        let refused = 0;
        let steps = 0;
        for (const number of numbers) {
          // Four of five articles have the usual size of a release, the others any size: last parts, PAR2, other posts.
          const size = number % 5 === 0 ? 1 + (number % 16) : usual;
          while (2048 - map.free + size > 2048 * 0.75) {
            const [slot] = taken.splice(number % taken.length, 1);
            if (slot) map.give(slot.start, slot.size);
          }
          const start = map.take(size);
          if (start < 0) refused++;
          else taken.push({ start, size });
          if (taken.length > 0 && number % 3 === 0) {
            const [slot] = taken.splice(number % taken.length, 1);
            if (slot) map.give(slot.start, slot.size);
          }
          if (++steps === 3000) break;
        }
        expect(refused).toBe(0);
      }),
      { numRuns: 40 },
    );
  });
});
