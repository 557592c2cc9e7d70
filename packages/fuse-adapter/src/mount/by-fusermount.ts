import { fusermountOptions } from './mount-options.js';
import { allowOtherRemedy, obstacle, reasonOf } from './obstacles.js';
import { childFd } from './run-program.js';
import type { Way } from './way.js';

const program = 'fusermount3';

/** The way of everybody else: `fusermount3` of the package fuse3 may mount, and hands the open connection over. */
export const byFusermount: Way = {
  method: 'fusermount3',
  async mount(machine, mountpoint, request, opened) {
    const { timeoutMs, signal } = request;
    const channel = await machine.openDescriptorChannel();
    try {
      const outcome = await machine.run(program, ['-o', fusermountOptions(request), '--', mountpoint], {
        fd: channel.theirs,
        environment: { _FUSE_COMMFD: String(childFd) },
        timeoutMs,
        signal,
      });
      if (outcome.status === 'missing') throw obstacle('permission', `${program} is not installed (package fuse3)`);
      if (outcome.status === 'late') throw obstacle('failed', `${program} is not done after ${timeoutMs} ms`);
      const fd = outcome.status === 'done' ? channel.receive() : undefined;
      if (fd !== undefined) {
        opened(fd);
        return;
      }
      const remedy = outcome.says.includes('user_allow_other') ? allowOtherRemedy : undefined;
      const says = outcome.says.replace(/^fusermount3: */, '') || 'it said nothing';
      throw obstacle(reasonOf(outcome.says), `${program}: ${says}`, remedy === undefined ? {} : { remedy });
    } finally {
      channel.close();
    }
  },
  detach: (mountpoint) => [[program, '-u', '-z', '-q', '--', mountpoint]],
};
