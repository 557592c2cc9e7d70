import type { Machine } from './machine.js';
import type { Mounted, MountRequest } from './mounted.js';
import type { RunOptions } from './run-program.js';

/** A way of mounting. */
export interface Way {
  readonly method: Mounted['method'];
  /**
   * Mounts on a prepared mountpoint. `opened` is called with the connection as soon as there is one, which is the caller's
   * then, also when mounting fails. @throws MountUnavailableError
   */
  mount(machine: Machine, mountpoint: string, request: MountRequest, opened: (fd: number) => void): Promise<void>;
  /**
   * Command lines that take a mount out of the table at once, whoever still uses it; the next is tried when one fails.
   * None of them asks the file system anything.
   */
  detach(mountpoint: string): readonly (readonly [program: string, ...args: string[]])[];
}

/** Takes whatever is mounted last at a place out of the table. Resolves to what a program said against it, if any. */
export async function detach(
  machine: Machine,
  way: Way,
  mountpoint: string,
  options: RunOptions,
): Promise<string | undefined> {
  let says = '';
  for (const [program, ...args] of way.detach(mountpoint)) {
    const outcome = await machine.run(program, args, options);
    if (outcome.status === 'done') return undefined;
    says = outcome.says || `${program}: ${outcome.status}`;
  }
  return says;
}

/** The same at once. */
export function detachNow(machine: Machine, way: Way, mountpoint: string, timeoutMs: number): string | undefined {
  let says = '';
  for (const [program, ...args] of way.detach(mountpoint)) {
    const outcome = machine.runNow(program, args, { timeoutMs });
    if (outcome.status === 'done') return undefined;
    says = outcome.says || `${program}: ${outcome.status}`;
  }
  return says;
}
