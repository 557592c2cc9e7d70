// The ways a file can be read: through the API, or through an adapter, or through a program that stands behind one.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fuse } from '@newsreel/fuse-adapter';
import { webdav } from '@newsreel/webdav-adapter';
import { isMounted, unmount, warmMemory, whyNoMount } from './fuse/machine.mjs';
import { MountReader, pageBytes } from './mount-reader.mjs';
import { openOverWebdav } from './webdav-reader.mjs';

/** How long rclone may take to mount, in milliseconds. */
const startMs = 10_000;

/**
 * The ways by name. `label`: how rows are told apart. `isPeer`: somebody else's program, of which nothing is asked.
 * `granuleBytes`: where reads begin and end for the program that serves them. `prepare()`: what the machine needs right before
 * a measured read. `whyNot()`: why it cannot be gone here, in words. `make()` resolves to what the engine needs and how to open a path:
 * `{ adapters, begin(): Promise, open(path, size), end(): Promise }`.
 */
export const ways = {
  api: { label: '', make: async () => ({ adapters: [] }) },
  webdav: {
    label: ', WebDAV',
    async make() {
      const dav = webdav({ port: 0 });
      return { adapters: [dav], open: (path, size) => openOverWebdav(dav.url, path, size) };
    },
  },
  fuse: {
    label: ', FUSE',
    granuleBytes: pageBytes,
    prepare: warmMemory,
    whyNot: whyNoMount,
    async make() {
      const mountpoint = await newFolder();
      const reader = await MountReader.start();
      return {
        adapters: [fuse({ mountpoint })],
        open: (path, size) => reader.open(mountpoint + path, size),
        async end() {
          await reader.close();
          await rmdir(mountpoint);
        },
      };
    },
  },
  rclone: {
    label: ', WebDAV and rclone mount',
    granuleBytes: pageBytes,
    prepare: warmMemory,
    isPeer: true,
    whyNot: () => whyNoMount() ?? (spawnSync('rclone', ['version']).status === 0 ? undefined : 'needs rclone'),
    make: makeRclone,
  },
};

const newFolder = () => mkdtemp(join(tmpdir(), 'newsreel-bench-'));

async function makeRclone() {
  const dav = webdav({ port: 0 });
  const mountpoint = await newFolder();
  const reader = await MountReader.start();
  let child;
  return {
    adapters: [dav],
    async begin() {
      const options = ['--read-only', '--vfs-cache-mode', 'off', '--dir-cache-time', '0s', '--config', ''];
      child = spawn('rclone', ['mount', ':webdav:', mountpoint, '--webdav-url', dav.url, ...options], {
        stdio: 'ignore',
      });
      for (const endMs = performance.now() + startMs; !isMounted(mountpoint); await sleep(20)) {
        if (child.exitCode !== null || performance.now() > endMs) throw new Error('rclone did not mount');
      }
    },
    open: (path, size) => reader.open(mountpoint + path, size),
    async end() {
      await reader.close();
      unmount(mountpoint);
      if (child?.exitCode === null && child.kill()) await once(child, 'exit');
      await rmdir(mountpoint);
    },
  };
}
