import type { Stats } from 'node:fs';
import { lstat, readdir, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Logger } from '@newsreel/core';
import { inTime, type Patience } from './in-time.js';
import type { Machine } from './machine.js';
import { isFuse, type MountEntry, mountedAt } from './mount-table.js';
import { obstacle } from './obstacles.js';
import { detach, type Way } from './way.js';

/** What preparing a mountpoint takes. */
export interface Preparation extends Patience {
  readonly machine: Machine;
  /** How a dead mount is taken away. */
  readonly way: Way;
  readonly logger: Logger;
}

const maxLinks = 40;
const maxStale = 8;

/**
 * Makes sure a folder can be mounted on, and returns its canonical path, as the mount table has it. A mount whose program
 * has died (every access says ENOTCONN) is taken away. What is mounted there is never asked in this process: it might
 * not answer. @throws MountUnavailableError
 */
export async function prepareMountpoint(path: string, preparation: Preparation): Promise<string> {
  const mountpoint = await canonicalPath(path, preparation);
  for (let count = 0; count < maxStale; count++) {
    const seen = mountedAt(await preparation.machine.readMountTable(), mountpoint);
    if (seen === undefined) return mountpoint;
    if (!isFuse(seen)) {
      await refuseUnlessEmpty(seen, preparation);
      return mountpoint;
    }
    await removeStale(seen, preparation);
  }
  throw obstacle('busy', `${mountpoint} is mounted on many times over`);
}

/** As `realpath`, but what is mounted at the end of the path is not touched. */
async function canonicalPath(path: string, preparation: Preparation): Promise<string> {
  let wanted = resolve(path);
  for (let count = 0; count < maxLinks; count++) {
    const folder = await answered(wanted, realpath(dirname(wanted)), preparation);
    const candidate = join(folder, basename(wanted));
    if (mountedAt(await preparation.machine.readMountTable(), candidate) !== undefined) return candidate;
    const stats: Stats = await answered(wanted, lstat(candidate), preparation);
    if (stats.isDirectory()) return candidate;
    if (!stats.isSymbolicLink()) throw obstacle('mountpoint', `${path} is not a folder`);
    wanted = resolve(folder, await answered(wanted, readlink(candidate), preparation));
  }
  throw obstacle('mountpoint', `${path} is a link that leads nowhere`);
}

async function refuseUnlessEmpty(seen: MountEntry, preparation: Preparation): Promise<void> {
  // A volume of a container, say, made for us to mount on. Anything else would be hidden from those who need it.
  const names = await answered(seen.mountpoint, readdir(seen.mountpoint), preparation);
  if (names.length > 0)
    throw obstacle('busy', `${seen.mountpoint} holds another file system (${seen.type}), which is not empty`);
}

async function removeStale(seen: MountEntry, preparation: Preparation): Promise<void> {
  const { mountpoint, type } = seen;
  if (!(await isDead(seen, preparation))) throw obstacle('busy', `${mountpoint} is mounted already (${type})`);
  const says = await detach(preparation.machine, preparation.way, mountpoint, preparation);
  preparation.signal?.throwIfAborted();
  if (says !== undefined)
    throw obstacle('busy', `${mountpoint} holds a dead mount (${type}), which cannot be taken away: ${says}`, {
      remedy: `Unmount it as root: \`umount -l ${mountpoint}\`.`,
    });
  preparation.logger.info({ mountpoint, type }, 'took away a mount whose program had died');
}

/**
 * Asked by another process, which may hang if it likes. Of the file system, not of the folder: whose attributes the kernel
 * may still remember long after there is nobody to ask.
 */
async function isDead(seen: MountEntry, { machine, timeoutMs, signal }: Preparation): Promise<boolean> {
  const looked = await machine.run('stat', ['-f', '--', seen.mountpoint], { timeoutMs, signal });
  signal?.throwIfAborted();
  return looked.status === 'failed' && /not connected/i.test(looked.says);
}

/** Takes away what an attempt at mounting that was broken off may have left, and nothing that is alive. Never rejects. */
export async function removeRemains(mountpoint: string, preparation: Preparation): Promise<void> {
  const { machine, way, timeoutMs } = preparation;
  try {
    const seen = mountedAt(await machine.readMountTable(), mountpoint);
    if (seen === undefined || !isFuse(seen)) return;
    if (await isDead(seen, { ...preparation, signal: undefined }))
      await detach(machine, way, mountpoint, { timeoutMs });
  } catch (err) {
    preparation.logger.debug({ err }, 'a mount that was broken off could not be looked at');
  }
}

/** Waits for the file system, and turns its refusals into words. */
function answered<T>(path: string, answer: Promise<T>, patience: Patience): Promise<T> {
  const worded = answer.catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'does not exist' : `cannot be used: ${cause.code}`;
    throw obstacle('mountpoint', `${path} ${why}`, { cause });
  });
  return inTime(`Looking at ${path}`, worded, patience);
}
