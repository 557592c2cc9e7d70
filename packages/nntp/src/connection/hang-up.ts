import type { Clock } from '@newsreel/core';
import type { Wire } from './wire.js';

/** Ends a transport: at once, or half closed, so that a server that waits for us to hang up after its 205 need not wait. */
export function hangUp(wire: Wire, politely: boolean, clock: Clock, quitMs: number): void {
  if (!politely) {
    wire.destroy();
    return;
  }
  wire.end();
  const cancelTimer = clock.after(quitMs, () => wire.destroy());
  void wire.gone.then(cancelTimer);
}
