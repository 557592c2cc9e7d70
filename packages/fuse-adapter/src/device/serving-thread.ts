import { readFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

/** Number of the calling thread as the kernel gives it to those in the same pid namespace; 0 when it cannot be known. */
export function currentThread(): number {
  try {
    return innermostThread(readFileSync('/proc/thread-self/status', 'latin1'));
  } catch {
    // The first thread of a process has its number; others are not listed anywhere else.
    return isMainThread ? process.pid : 0;
  }
}

/**
 * The thread's number in its own pid namespace, from the text of `/proc/<pid>/status`. `NSpid` lists the number in every
 * namespace from that of `/proc` inwards; a container may have been given the `/proc` of its host.
 */
export function innermostThread(status: string): number {
  const line = /^(?:NSpid|Pid):(.*)$/gm;
  let numbers = '';
  for (const match of status.matchAll(line)) numbers = match[1] ?? numbers;
  return Number(numbers.trim().split(/\s+/).at(-1));
}
