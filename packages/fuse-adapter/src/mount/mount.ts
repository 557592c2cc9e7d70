import { closeSync } from 'node:fs';
import { type MountUnavailableError, NewsreelError } from '@newsreel/core';
import { byFusermount } from './by-fusermount.js';
import { byMount } from './by-mount.js';
import { exitGuard } from './exit.js';
import { LiveMount } from './live-mount.js';
import { type Machine, thisMachine } from './machine.js';
import type { Mounter, MountRequest } from './mounted.js';
import { noWay, obstacle } from './obstacles.js';
import { prepareMountpoint, removeRemains } from './prepare-mountpoint.js';
import type { Way } from './way.js';

/** Mounts on this machine. @throws MountUnavailableError */
export const mountOnLinux: Mounter = createMounter(thisMachine);

/** What else might help when one way has failed for this reason. */
const worthAnotherWay: ReadonlySet<MountUnavailableError['reason']> = new Set(['permission', 'koffi', 'failed']);

/** Makes a mounter. Root tries `mount(8)` first, everybody else has `fusermount3`. */
export function createMounter(machine: Machine): Mounter {
  return async (request) => {
    refuseOtherPlatforms(machine);
    request.signal?.throwIfAborted();
    const ways = machine.uid === 0 ? [byMount, byFusermount] : [byFusermount];
    const preparation = { ...request, machine, way: ways[0] as Way };
    const mountpoint = await prepareMountpoint(request.mountpoint, preparation);
    const { way, fd } = await firstThatWorks(ways, machine, mountpoint, request);
    return new LiveMount({ machine, way, fd, mountpoint, request, exitGuard });
  };
}

function refuseOtherPlatforms({ platform, isLittleEndian }: Machine): void {
  if (platform !== 'linux') throw obstacle('platform', `Mounting is not possible on ${platform}`);
  if (!isLittleEndian) throw obstacle('platform', 'Mounting is not possible on a big-endian machine');
}

async function firstThatWorks(
  ways: readonly Way[],
  machine: Machine,
  mountpoint: string,
  request: MountRequest,
): Promise<{ readonly way: Way; readonly fd: number }> {
  const failures = machine.uid === 0 ? [] : [obstacle('permission', 'mount(8) is for root')];
  for (const way of ways) {
    try {
      const fd = await way.mount(machine, mountpoint, request);
      if (!request.signal?.aborted) return { way, fd };
      closeSync(fd);
    } catch (error) {
      if (!isObstacle(error)) throw error;
      failures.push(error);
    }
    await removeRemains(mountpoint, { ...request, machine, way });
    request.signal?.throwIfAborted();
    const last = failures.at(-1);
    if (last !== undefined && !worthAnotherWay.has(last.reason)) throw noWay(mountpoint, [last]);
  }
  throw noWay(mountpoint, failures);
}

function isObstacle(error: unknown): error is MountUnavailableError {
  return NewsreelError.isInstance(error) && error.code === 'ERR_MOUNT_UNAVAILABLE';
}
