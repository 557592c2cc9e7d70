import { setTimeout as sleep } from 'node:timers/promises';
import { delayDuring } from './delay.mjs';
import { rowsFor } from './stopwatch.mjs';

const row = rowsFor('idle');

/** The event loop of a process that does nothing: what this machine adds to every delay. */
export const idle = {
  name: 'idle',
  smoke: true,
  async run({ smoke = false } = {}) {
    const delay = await delayDuring(() => sleep(smoke ? 50 : 3000));
    return Object.entries(delay).map(([point, value]) =>
      row('nothing going on', `event-loop delay ${point}`, value, 'ms'),
    );
  },
};
