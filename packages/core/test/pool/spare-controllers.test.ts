import { describe, expect, it } from 'vitest';
import { SpareControllers } from '../../src/util/spare-controllers.js';

describe('controllers of requests that are over', () => {
  it('serve again', () => {
    const controllers = new SpareControllers();
    const first = controllers.take();
    controllers.giveBack(first);
    expect(controllers.take()).toBe(first);
    expect(controllers.take()).not.toBe(first);
  });

  it('are let go when they were aborted or somebody still listens', () => {
    const controllers = new SpareControllers();
    const [aborted, heard, clean] = [controllers.take(), controllers.take(), controllers.take()];
    aborted.abort();
    heard.signal.addEventListener('abort', () => {});
    const gone = () => {};
    clean.signal.addEventListener('abort', gone);
    clean.signal.removeEventListener('abort', gone);
    for (const controller of [aborted, heard, clean]) controllers.giveBack(controller);
    expect(controllers.take()).toBe(clean);
    const next = controllers.take();
    expect(next === aborted || next === heard).toBe(false);
  });

  it('are let go now and then in any case', () => {
    const controllers = new SpareControllers();
    const seen = new Set<AbortController>();
    for (let count = 0; count < 1000; count++) {
      const controller = controllers.take();
      seen.add(controller);
      controllers.giveBack(controller);
    }
    expect(seen.size).toBeGreaterThan(10);
    expect(seen.size).toBeLessThan(20);
  });
});
