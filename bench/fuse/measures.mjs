// How a mounted file is read, by processes that are not its server, and what that took.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inChild } from '../raw/in-child.mjs';
import { fileName } from './file.mjs';
import { setReadAhead } from './machine.mjs';

const run = promisify(execFile);
const mebibyte = 2 ** 20;
const gibibyte = 2 ** 30;
const randomChild = fileURLToPath(new URL('random-child.mjs', import.meta.url));

/** `dd` of the whole file in megabytes, nothing of it in the page cache before. */
export async function sequential(server, { fileBytes, readAheadBytes }) {
  setReadAhead(server.mountpoint, readAheadBytes);
  await forget(server);
  const { seconds, cpuSeconds } = await timed(server, () => dd(server, ['bs=1M']));
  return { megabytes: fileBytes / mebibyte / seconds, cpuPerGibibyte: (cpuSeconds * gibibyte) / fileBytes };
}

/** Single pages anywhere in the file, past the page cache, one after the other. */
export async function random(server, { fileBytes, reads }) {
  const job = { path: join(server.mountpoint, fileName), fileBytes, reads };
  const before = server.cpuSeconds();
  const { iops, p50 } = await inChild(randomChild, job);
  return { iops, p50, cpuPerRead: ((server.cpuSeconds() - before) * 1e6) / reads };
}

/** Four `dd`s of a quarter of the file each, 128 KiB at a time, past the page cache. */
export async function parallel(server, { fileBytes }) {
  const count = fileBytes / 4 / 131_072;
  const readers = [0, 1, 2, 3].map((at) => ['bs=128k', 'iflag=direct', `skip=${at * count}`, `count=${count}`]);
  const { seconds, cpuSeconds } = await timed(server, () => Promise.all(readers.map((each) => dd(server, each))));
  return { megabytes: fileBytes / mebibyte / seconds, cpuPerGibibyte: (cpuSeconds * gibibyte) / fileBytes };
}

/** Drops the file from the page cache. Afterwards the server sees every read. */
const forget = (server) => dd(server, ['iflag=nocache', 'count=0']);

const dd = ({ mountpoint }, options) =>
  run('dd', [`if=${join(mountpoint, fileName)}`, 'of=/dev/null', 'status=none', ...options]);

async function timed(server, work) {
  const before = server.cpuSeconds();
  const startedMs = performance.now();
  await work();
  return { seconds: (performance.now() - startedMs) / 1000, cpuSeconds: server.cpuSeconds() - before };
}
