import { setTimeout as sleep } from 'node:timers/promises';
import { delayDuring } from './delay.mjs';
import { machineText } from './machine.mjs';
import { rowsFor } from './stopwatch.mjs';

const row = rowsFor('idle');

/** The machine itself: when it was looked at, and the event loop of a process that does nothing on it. */
export const idle = {
  name: 'idle',
  smoke: true,
  async run({ smoke = false } = {}) {
    const profile = machineText();
    const delay = await delayDuring(() => sleep(smoke ? 50 : 3000));
    return [
      row(profile, 'measured at', Date.now(), 'ms since 1970'),
      ...Object.entries(delay).map(([point, value]) => row(profile, `event-loop delay ${point}`, value, 'ms')),
    ];
  },
};
