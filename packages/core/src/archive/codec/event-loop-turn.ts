/** How long all unpacking together may hold a turn of the event loop, in milliseconds. */
const mostMs = 3;

let startedMs = 0;
let nextTurn: Promise<void> | undefined;

/**
 * Waits until unpacking may go on: at once (`undefined`) while it has not had its share of this turn of the event loop.
 * Called before each step.
 */
export function unpackingTurn(): Promise<void> | undefined {
  if (nextTurn === undefined) {
    startedMs = performance.now();
    nextTurn = new Promise((resolve) => {
      setImmediate(() => {
        nextTurn = undefined;
        resolve();
      });
    });
    return undefined;
  }
  return performance.now() - startedMs < mostMs ? undefined : nextTurn.then(unpackingTurn);
}
