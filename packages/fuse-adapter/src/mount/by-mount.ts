import { closeSync } from 'node:fs';
import { inTime } from './in-time.js';
import { mountOptions } from './mount-options.js';
import { obstacle, reasonOf } from './obstacles.js';
import { childFd } from './run-program.js';
import type { Way } from './way.js';

/** The way of root: `mount(8)` with the connection open already. It asks the kernel, not `mount.fuse` (`-i`). */
export const byMount: Way = {
  method: 'mount',
  async mount(machine, mountpoint, request, opened) {
    const { name, timeoutMs, signal } = request;
    const opening = machine.openDevice().catch((cause: NodeJS.ErrnoException) => {
      throw obstacle('device', `/dev/fuse cannot be opened: ${cause.code}`, { cause });
    });
    const fd = await inTime('Opening /dev/fuse', opening, { timeoutMs, signal }, closeSync);
    opened(fd);
    const options = mountOptions(request, childFd, machine.uid, machine.gid);
    const args = ['-i', '-t', 'fuse', '-o', options, '--', name, mountpoint];
    const outcome = await machine.run('mount', args, { fd, timeoutMs, signal });
    if (outcome.status === 'done') return;
    if (outcome.status === 'missing') throw obstacle('permission', 'there is no mount(8) here');
    const why = outcome.status === 'late' ? `not done after ${timeoutMs} ms` : outcome.says;
    throw obstacle(reasonOf(outcome.says), `mount(8) on ${mountpoint}: ${why}`);
  },
  // -c: paths are canonical already, and looking into them might hang. Other makes of umount know neither -i nor -c.
  detach: (mountpoint) => [
    ['umount', '-i', '-c', '-l', '--', mountpoint],
    ['umount', '-l', mountpoint],
  ],
};
