import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../../src/pool/circuit-breaker.js';
import { manualClock } from '../../src/util/clock.js';
import { recorder } from './support.js';

function breaker() {
  const clock = manualClock();
  const events = recorder();
  const world = { clock, events, room: 0, ownState: 'ready' as 'ready' | 'degraded' | 'disabled' };
  const context = { provider: 'p', events, clock, onRoom: () => void world.room++, ownState: () => world.ownState };
  const circuit = new CircuitBreaker(context, { failures: 3, coolDownMs: 100, maxCoolDownMs: 1000 });
  const fail = (times = 1) => {
    for (let count = 0; count < times; count++) circuit.begin().failed(new Error('no'));
  };
  return Object.assign(world, { circuit, fail });
}

describe('circuit breaker', () => {
  it('opens after so many failures in a row', () => {
    const { circuit, fail, events } = breaker();
    fail(2);
    circuit.begin().answered();
    fail(2);
    expect([circuit.state, circuit.passable, circuit.waitMs]).toEqual(['closed', true, 0]);
    fail();
    expect([circuit.state, circuit.passable, circuit.waitMs]).toEqual(['open', false, 100]);
    expect(events.payloads('provider:degraded')).toMatchObject([{ provider: 'p', disabled: false }]);
    expect(circuit.cause).toMatchObject({ message: 'no' });
  });

  it('lets one request try after the cool-down', () => {
    const { circuit, fail, clock, events } = breaker();
    fail(3);
    clock.advance(99);
    expect(circuit.passable).toBe(false);
    clock.advance(1);
    expect(circuit.state).toBe('half-open');
    const trial = circuit.begin();
    expect([circuit.passable, circuit.waitMs]).toEqual([false, 0]);
    trial.answered();
    expect(circuit.state).toBe('closed');
    expect(events.names()).toEqual(['provider:degraded', 'provider:recovered']);
    expect(clock.pending).toBe(0);
  });

  it('cools down twice as long after each failed trial, up to a limit, and says so once', () => {
    const { circuit, fail, clock, events } = breaker();
    fail(3);
    const waits: number[] = [];
    for (let round = 0; round < 6; round++) {
      waits.push(circuit.waitMs);
      clock.advance(circuit.waitMs);
      fail();
    }
    expect(waits).toEqual([100, 200, 400, 800, 1000, 1000]);
    expect(events.names()).toEqual(['provider:degraded']);
    clock.advance(1000);
    circuit.begin().answered();
    fail(3);
    expect(circuit.waitMs).toBe(100);
  });

  it('gives the trial to somebody else when it is withdrawn', () => {
    const world = breaker();
    world.fail(3);
    world.clock.advance(100);
    const trial = world.circuit.begin();
    const before = world.room;
    trial.withdrawn();
    expect([world.circuit.passable, world.room]).toEqual([true, before + 1]);
  });

  it('takes no notice of outcomes from before it changed', () => {
    const { circuit, fail, clock } = breaker();
    const old = [circuit.begin(), circuit.begin(), circuit.begin()];
    fail(3);
    old[0]?.failed(new Error('late'));
    expect(circuit.waitMs).toBe(100);
    clock.advance(100);
    old[1]?.answered();
    expect(circuit.state).toBe('half-open');
    old[2]?.failed(new Error('later'));
    expect(circuit.state).toBe('half-open');
  });

  it('counts each outcome once', () => {
    const { circuit } = breaker();
    const pass = circuit.begin();
    for (let count = 0; count < 5; count++) pass.failed(new Error('no'));
    expect(circuit.state).toBe('closed');
  });

  it('stays disabled', () => {
    const { circuit, fail, clock, events } = breaker();
    fail(3);
    circuit.disable(new Error('login'));
    circuit.disable(new Error('login'));
    clock.advance(10_000);
    circuit.begin().answered();
    expect([circuit.state, circuit.passable, circuit.waitMs]).toEqual(['disabled', false, Number.POSITIVE_INFINITY]);
    expect(events.payloads('provider:degraded').map(({ disabled }) => disabled)).toEqual([false, true]);
    expect(clock.pending).toBe(0);
  });

  it('comes back into use when somebody saw it work', () => {
    const { circuit, events } = breaker();
    circuit.disable(new Error('login'));
    circuit.enable();
    circuit.enable();
    expect([circuit.state, circuit.passable, circuit.cause]).toEqual(['closed', true, undefined]);
    expect(events.names()).toEqual(['provider:degraded', 'provider:recovered']);
  });

  it('does not repeat what the provider says of itself', () => {
    const world = breaker();
    world.ownState = 'degraded';
    world.fail(3);
    world.clock.advance(100);
    world.circuit.begin().answered();
    world.ownState = 'disabled';
    world.circuit.disable(new Error('login'));
    expect(world.events.names()).toEqual([]);
  });

  it('leaves no timer after close', () => {
    const { circuit, fail, clock } = breaker();
    fail(3);
    circuit.close();
    expect(clock.pending).toBe(0);
  });
});
