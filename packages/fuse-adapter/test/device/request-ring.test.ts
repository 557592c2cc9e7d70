import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestRing } from '../../src/device/request-ring.js';
import { sharedMemory } from '../../src/device/shared-memory.js';

function ends(ringBytes = 4096) {
  const memory = sharedMemory(ringBytes);
  return { reader: new RequestRing(memory), server: new RequestRing(memory) };
}

function takeAll(server: RequestRing): number[][] {
  const target = new Uint8Array(4096);
  const { written } = server;
  const taken: number[][] = [];
  for (;;) {
    const length = server.take(target, written);
    if (length === 0) return taken;
    taken.push([...target.subarray(0, length)]);
  }
}

const bytes = (length: number, seed: number) => Uint8Array.from({ length }, (_, index) => (index * 7 + seed) & 0xff);

describe('the ring', () => {
  it('hands over every request once, whole and in order, however full it gets', () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ length: fc.integer({ min: 40, max: 1000 }), seed: fc.nat(255) }) },
      { weight: 1, arbitrary: fc.constant('take' as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const { reader, server } = ends();
        const expected: number[][] = [];
        const got: number[][] = [];
        for (const one of steps) {
          if (one === 'take') got.push(...takeAll(server));
          else {
            const request = bytes(one.length, one.seed);
            if (!reader.offer(request, request.length)) {
              got.push(...takeAll(server));
              expect(reader.offer(request, request.length)).toBe(true);
            }
            expected.push([...request]);
          }
        }
        got.push(...takeAll(server));
        expect(got).toEqual(expected);
        expect(reader.isTaken(reader.handed)).toBe(true);
      }),
    );
  });

  it('takes nothing more until what went by message was taken, so that the order stays', () => {
    const { reader, server } = ends();
    reader.wentAside();
    expect(reader.offer(bytes(40, 1), 40)).toBe(false);
    server.countTaken();
    expect(reader.offer(bytes(40, 1), 40)).toBe(true);
    expect(takeAll(server)).toHaveLength(1);
  });

  it('refuses what it has no room for, and has room again after taking', () => {
    const { reader, server } = ends();
    let offered = 0;
    while (reader.offer(bytes(500, offered), 500)) offered++;
    expect(offered).toBe(8);
    expect(reader.isTaken(reader.handed)).toBe(false);
    expect(takeAll(server)).toHaveLength(8);
    expect(reader.offer(bytes(500, 9), 500)).toBe(true);
  });
});

describe('waking', () => {
  it('is asked for once per sleep, and not needed while the serving thread is awake', () => {
    const { reader, server } = ends();
    expect(reader.mustWake()).toBe(false);
    expect(server.sleep()).toBe(true);
    expect([reader.mustWake(), reader.mustWake()]).toEqual([true, false]);
  });

  it('does not let the serving thread sleep over what came meanwhile', () => {
    const { reader, server } = ends();
    reader.offer(bytes(40, 1), 40);
    expect(server.sleep()).toBe(false);
    takeAll(server);
    expect(server.sleep()).toBe(true);
  });
});
