import { describe, expect, it } from 'vitest';
import { createEventBus } from '../../src/engine/event-bus.js';
import { silentLogger } from '../../src/engine/logger.js';

describe('createEventBus', () => {
  it('tells everybody, though one throws, and logs that', () => {
    const warnings: unknown[] = [];
    const bus = createEventBus({ ...silentLogger, warn: (fields) => warnings.push(fields) });
    const seen: string[] = [];
    const boom = new Error('boom');
    bus.on('provider:recovered', () => {
      throw boom;
    });
    const off = bus.on('provider:recovered', ({ provider }) => seen.push(provider));
    bus.once('provider:recovered', ({ provider }) => seen.push(`once ${provider}`));
    bus.emit('provider:recovered', { provider: 'a' });
    off();
    bus.emit('provider:recovered', { provider: 'b' });
    expect(seen).toEqual(['a', 'once a']);
    expect(warnings).toEqual([
      { err: boom, event: 'provider:recovered' },
      { err: boom, event: 'provider:recovered' },
    ]);
    expect(bus.listenerCount('provider:recovered')).toBe(1);
  });

  it('forgets a once-listener that is taken back', () => {
    const bus = createEventBus(silentLogger);
    const off = bus.once('release:removed', () => expect.unreachable());
    off();
    bus.emit('release:removed', { releaseId: '1' });
    expect(bus.listenerCount('release:removed')).toBe(0);
  });
});
