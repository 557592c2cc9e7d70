import { describe, expect, it } from 'vitest';
import { TurnBudget, turnShare } from '../../src/connection/turn-budget.js';

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
const kibibyte = 1024;

describe('the budget of a turn', () => {
  it('stops sockets when it is spent and resumes them, the longest stopped first', async () => {
    const budget = new TurnBudget(1000);
    const resumed: string[] = [];
    const share = (name: string) => turnShare(() => resumed.push(name));
    expect(budget.spend(600, share('a'))).toBe(true);
    expect(budget.spend(600, share('b'))).toBe(false);
    expect(budget.spend(1, share('c'))).toBe(false);
    expect(resumed).toEqual([]);
    await nextTurn();
    expect(resumed).toEqual(['b']);
    await nextTurn();
    expect(resumed).toEqual(['b', 'c']);
    expect(budget.spend(600, share('d'))).toBe(true);
    await nextTurn();
  });

  it('lets as many of many sockets go on in a turn as it has room for', async () => {
    const budget = new TurnBudget(2048 * kibibyte);
    const resumed: number[] = [];
    for (let socket = 0; socket < 41; socket++)
      budget.spend(
        512 * kibibyte,
        turnShare(() => resumed.push(socket)),
      );
    const perTurn: number[] = [];
    while (resumed.length < 38) {
      const before = resumed.length;
      await nextTurn();
      perTurn.push(resumed.length - before);
    }
    expect(Math.max(...perTurn)).toBe(4);
    expect(resumed).toEqual(Array.from({ length: 38 }, (_, at) => at + 3));
  });

  it('lets no socket take the share of those that wait', async () => {
    const budget = new TurnBudget(2048 * kibibyte);
    const greedy = turnShare(() => {});
    // Alone it may have all of it.
    for (let read = 0; read < 15; read++) expect(budget.spend(128 * kibibyte, greedy)).toBe(true);
    expect(budget.spend(128 * kibibyte, greedy)).toBe(false);
    for (let socket = 0; socket < 8; socket++)
      budget.spend(
        1,
        turnShare(() => {}),
      );
    await nextTurn();
    for (let read = 0; read < 3; read++) expect(budget.spend(128 * kibibyte, greedy)).toBe(true);
    expect(budget.spend(128 * kibibyte, greedy)).toBe(false);
    for (let turn = 0; turn < 4; turn++) await nextTurn();
  });
});
