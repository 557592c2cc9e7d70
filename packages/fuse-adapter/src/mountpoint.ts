import { mkdir } from 'node:fs/promises';
import { MountUnavailableError } from '@newsreel/core';

/**
 * Makes the folder to mount on. Something that is there already, be it a stale mount that answers nothing any more, is for
 * whoever mounts to judge; and where nothing can be mounted, nothing is left behind.
 * @throws MountUnavailableError
 */
export async function makeMountpoint(mountpoint: string): Promise<void> {
  if (process.platform !== 'linux') return;
  try {
    await mkdir(mountpoint, { recursive: true });
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOTCONN') return;
    const message = `The mountpoint ${mountpoint} cannot be made: ${code}`;
    const remedy = 'Make the folder, or choose one whose parent this user may write to.';
    throw new MountUnavailableError({ message, reason: 'mountpoint', remedy, cause });
  }
}
