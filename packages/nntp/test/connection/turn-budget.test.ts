import { describe, expect, it } from 'vitest';
import { TurnBudget } from '../../src/connection/turn-budget.js';

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('the budget of a turn', () => {
  it('stops sockets when it is spent and resumes them in the next turn', async () => {
    const budget = new TurnBudget(1000);
    const resumed: string[] = [];
    expect(budget.spend(600, () => resumed.push('a'))).toBe(true);
    expect(budget.spend(600, () => resumed.push('b'))).toBe(false);
    expect(budget.spend(1, () => resumed.push('c'))).toBe(false);
    expect(resumed).toEqual([]);
    await nextTurn();
    expect(resumed).toEqual(['b', 'c']);
    expect(budget.spend(600, () => {})).toBe(true);
    await nextTurn();
  });
});
