import { closeSync } from 'node:fs';
import { type MountUnavailableError, NewsreelError } from '@newsreel/core';
import { byFusermount } from './by-fusermount.js';
import { byMount } from './by-mount.js';
import { exitGuard } from './exit.js';
import { LiveMount, type LiveMountParts } from './live-mount.js';
import { type Machine, thisMachine } from './machine.js';
import type { Mounter, MountRequest } from './mounted.js';
import { noWay, obstacle } from './obstacles.js';
import { prepareMountpoint, removeRemains } from './prepare-mountpoint.js';
import type { Way } from './way.js';

/** Mounts on this machine. @throws MountUnavailableError */
export const mountOnLinux: Mounter = createMounter(thisMachine);

type Connection = Pick<LiveMountParts, 'way' | 'fd' | 'reader'>;

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
    const connection = await firstThatWorks(ways, machine, mountpoint, request);
    return new LiveMount({ ...connection, machine, mountpoint, request, exitGuard });
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
): Promise<Connection> {
  const failures = machine.uid === 0 ? [] : [obstacle('permission', 'mount(8) is for root')];
  for (const way of ways) {
    try {
      return await tryWay(way, machine, mountpoint, request);
    } catch (error) {
      request.signal?.throwIfAborted();
      if (!isObstacle(error)) throw error;
      failures.push(error);
      if (!worthAnotherWay.has(error.reason)) throw noWay(mountpoint, [error]);
    }
  }
  throw noWay(mountpoint, failures);
}

/** Mounts in one way, or leaves nothing behind. */
async function tryWay(way: Way, machine: Machine, mountpoint: string, request: MountRequest): Promise<Connection> {
  const reader = await machine.startReader({ ...request, mountpoint });
  let fd: number | undefined;
  const opened = (connection: number) => {
    fd = connection;
    reader.connect(connection);
  };
  try {
    await way.mount(machine, mountpoint, request, opened);
    request.signal?.throwIfAborted();
    return { way, reader, fd: fd as unknown as number };
  } catch (error) {
    reader.dismiss(() => {});
    await reader.ended; // it sleeps for milliseconds at most, for INIT was not answered
    if (fd !== undefined) closeSync(fd);
    await removeRemains(mountpoint, { ...request, machine, way });
    throw error;
  }
}

function isObstacle(error: unknown): error is MountUnavailableError {
  return NewsreelError.isInstance(error) && error.code === 'ERR_MOUNT_UNAVAILABLE';
}
