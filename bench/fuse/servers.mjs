// The servers that are measured, each a process of its own on a mountpoint of its own, all mounted alike.
import { fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Link } from '../link.mjs';
import { blockBytes, connection, pieceAt } from './file.mjs';
import { cpuSecondsOf, isMounted, setMaxBackground, unmount } from './machine.mjs';

/** How long a server may take to mount, and to end, in milliseconds. */
const startMs = 10_000;
const closeMs = 5_000;

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Our adapter. */
export const startOurs = (place) => startChild({ ...place, name: 'ours' });

/** A native binding for Node. @param installed the folder it is installed in */
export const startBinding = (place, binding, installed) => startChild({ ...place, name: binding, binding, installed });

/** The limit: libfuse in C. @throws Error in words when it cannot be compiled here */
export async function startLimit(place) {
  const program = compiled(place);
  const mountpoint = newMountpoint(place);
  const { maxReadBytes, maxBackground, readAheadBytes } = connection;
  const numbers = [place.fileBytes, blockBytes, maxReadBytes, maxBackground, readAheadBytes].map(String);
  const child = spawn(program, [mountpoint, ...numbers], { stdio: ['pipe', 'inherit', 'inherit'] });
  for (let at = 0; at < blockBytes; at += maxReadBytes) child.stdin.write(pieceAt(at, maxReadBytes));
  child.stdin.end();
  return running(place, { child, mountpoint, name: 'C' }, () => child.kill('SIGTERM'));
}

function compiled({ folder }) {
  const program = join(folder, 'limit');
  if (existsSync(program)) return program;
  const flags = spawnSync('pkg-config', ['--cflags', '--libs', 'fuse3'], { encoding: 'utf8' });
  if (flags.status !== 0) throw new Error('needs libfuse3-dev and pkg-config');
  const { status } = spawnSync('gcc', ['-O2', here('limit.c'), '-o', program, ...flags.stdout.trim().split(/\s+/)]);
  if (status !== 0) throw new Error('needs gcc');
  return program;
}

async function startChild(job) {
  const mountpoint = newMountpoint(job);
  const child = fork(here('serve-child.mjs'), { env: withoutOptions() });
  const link = new Link(child, job.name);
  const [server] = await Promise.all([
    running(job, { child, mountpoint, name: job.name }, () => child.disconnect()),
    link.call('mount', { ...job, mountpoint }),
  ]);
  return { ...server, bytesRead: () => link.call('bytesRead') };
}

/** Nothing of the caller's environment that changes how Node runs. */
function withoutOptions() {
  const { NODE_OPTIONS: _, ...rest } = process.env;
  return rest;
}

const newMountpoint = ({ folder }) => mkdtempSync(join(folder, 'mount-'));

async function running({ control }, { child, mountpoint, name }, stop) {
  let hasEnded = false;
  const ended = once(child, 'exit').then(() => {
    hasEnded = true;
  });
  const server = {
    name,
    mountpoint,
    cpuSeconds: () => cpuSecondsOf(child.pid),
    async close() {
      if (!hasEnded) stop();
      await Promise.race([ended, sleep(closeMs)]);
      if (!hasEnded) child.kill('SIGKILL');
      unmount(mountpoint);
    },
  };
  try {
    for (const endMs = performance.now() + startMs; !isMounted(mountpoint); await sleep(10)) {
      if (hasEnded || performance.now() > endMs) throw new Error(`${name} did not mount`);
    }
    setMaxBackground(control, mountpoint, connection.maxBackground);
    return server;
  } catch (error) {
    await server.close();
    throw error;
  }
}
