import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ReadGate } from '../../src/open/read-gate.js';
import { settle } from '../fetch/support.js';

const { signal } = new AbortController();

function visitor(gate: ReadGate) {
  const order: string[] = [];
  const enter = (name: string, bytes: number, on = signal) => {
    const turn = gate.enter(bytes, on);
    if (turn === undefined) order.push(name);
    else
      void turn.then(
        () => order.push(name),
        (reason) => order.push(`${name} ${reason}`),
      );
  };
  return { order, enter };
}

describe('ReadGate', () => {
  it('lets in what fits at once, and the others in their order as there is room', async () => {
    const gate = new ReadGate(100);
    const { order, enter } = visitor(gate);
    enter('a', 60);
    enter('b', 40);
    enter('large', 90);
    enter('small', 1);
    expect(order).toEqual(['a', 'b']);
    gate.leave(60);
    await settle();
    expect(order).toEqual(['a', 'b']);
    gate.leave(40);
    await settle();
    expect(order).toEqual(['a', 'b', 'large', 'small']);
  });

  it('lets what is too large go alone', async () => {
    const gate = new ReadGate(100);
    const { order, enter } = visitor(gate);
    enter('giant', 1000);
    enter('small', 1);
    expect(order).toEqual(['giant']);
    gate.leave(1000);
    await settle();
    expect(order).toEqual(['giant', 'small']);
  });

  it('forgets who gives up, and lets those behind go on', async () => {
    const gate = new ReadGate(100);
    const { order, enter } = visitor(gate);
    const controller = new AbortController();
    enter('a', 60);
    enter('b', 50, controller.signal);
    enter('c', 40);
    controller.abort('gave up');
    await settle();
    expect([...order].sort()).toEqual(['a', 'b gave up', 'c']);
    gate.leave(60);
    gate.leave(40);
    enter('all', 100);
    expect(order.at(-1)).toBe('all');
    expect(() => gate.enter(1, controller.signal)).toThrow('gave up');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
