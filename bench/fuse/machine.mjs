// What the kernel says about a process and a mount, and what root may tell it.
import { execFile, spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** Why nothing can be mounted here, in words; `undefined` where it can. */
export function whyNoMount() {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid() !== 0) return 'needs root';
  try {
    accessSync('/dev/fuse', constants.R_OK | constants.W_OK);
    return undefined;
  } catch {
    return '/dev/fuse cannot be opened';
  }
}

/** Clock ticks of `/proc` in a second. */
const ticks = 100;

/** CPU seconds a process has used, those of threads that have ended included. */
export function cpuSecondsOf(pid) {
  const line = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticks;
}

/** Resident bytes of a process. */
export function residentBytesOf(pid) {
  return 1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))[1]);
}

/** Number of the device behind a mount, as the kernel names it; `undefined` when nothing is mounted. Asks no file system. */
function deviceOf(mountpoint) {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return lines.map((line) => line.split(' ')).findLast((fields) => fields[4] === mountpoint)?.[2];
}

/** Whether something is mounted there. */
export const isMounted = (mountpoint) => deviceOf(mountpoint) !== undefined;

/** How far the kernel reads ahead of one reader of a mount. */
export function setReadAhead(mountpoint, bytes) {
  writeFileSync(`/sys/class/bdi/${deviceOf(mountpoint)}/read_ahead_kb`, String(bytes / 1024));
}

/** How many requests of a mount may be under way ahead of need. @param control where `fusectl` is mounted */
export function setMaxBackground(control, mountpoint, count) {
  const connection = `${control}/${deviceOf(mountpoint).split(':')[1]}`;
  writeFileSync(`${connection}/max_background`, String(count));
  writeFileSync(`${connection}/congestion_threshold`, String(Math.floor((count * 3) / 4)));
}

/** Takes a mount away, also one whose server is gone. */
export function unmount(mountpoint) {
  if (isMounted(mountpoint)) spawnSync('umount', ['-i', '-c', '-l', mountpoint], { timeout: 5_000 });
}

/**
 * Uses a gibibyte of memory and frees it. The host of a virtual machine may take back what is free, and then every page of
 * a file that is read first has to be got from the host again: up to 1.5 s of the server's CPU time for a gigabyte, more
 * than all the rest, and none of its doing. For a second or two the kernel has these pages in hand.
 */
export async function warmMemory() {
  await promisify(execFile)('dd', ['if=/dev/zero', 'of=/dev/null', 'bs=1G', 'count=1', 'status=none']);
}
