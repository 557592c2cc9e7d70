// A program that reads a mount as programs do, here and there and in a row, and looks at every byte.
import { open, readdir, stat } from 'node:fs/promises';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { deterministicContent } from '@newsreel/nntp/testing';
import { Checked } from '../checked.mjs';
import { answerCalls } from '../link.mjs';

const { errno } = constants;
const pieceBytes = 131_072;
/** What may happen to a file that is removed while it is looked at; Node has no name for the second. */
const gone = new Set([errno.ENOENT, errno.ESTALE, errno.EIO].map((number) => -number));

const buffer = Buffer.alloc(2 * pieceBytes);
const between = (least, most) => least + Math.floor(Math.random() * (most - least + 1));

const calls = {
  read(job) {
    // Ends with the process, or ends the process.
    forever(job).catch((error) => {
      console.error(error);
      process.exit(1);
    });
  },
};

answerCalls(calls, () => {});

async function forever({ mountpoint, files, bytesPerSecond }) {
  for (;;) {
    const file = files[between(0, files.length - 1)];
    const path = mountpoint + file.path;
    try {
      const does = [play, play, seek, list][between(0, 3)];
      await does(path, { ...file, bytesPerSecond });
    } catch (error) {
      if (!file.mayGo || !gone.has(error.errno)) throw error;
    }
    await sleep(10);
  }
}

/** Some megabytes in a row, at a pace. */
async function play(path, { size, content, bytesPerSecond }) {
  await withFile(path, async (handle) => {
    const start = between(0, size - 1);
    const end = Math.min(size, start + between(1, 16) * 1_000_000);
    const startedMs = performance.now();
    for (let at = start; at < end; ) {
      at += await readSome(handle, { content, at, length: Math.min(pieceBytes, end - at) });
      const aheadMs = ((at - start) / bytesPerSecond) * 1000 - (performance.now() - startedMs);
      if (aheadMs > 5) await sleep(aheadMs);
    }
  });
}

/** Pieces of any length anywhere. */
async function seek(path, { size, content }) {
  await withFile(path, async (handle) => {
    for (let count = between(1, 20); count > 0; count--) {
      const at = between(0, size - 1);
      await readSome(handle, { content, at, length: between(1, Math.min(buffer.length, size - at)) });
    }
  });
}

/** Looks around. */
async function list(path, { size }) {
  const found = await stat(path);
  if (found.size !== size) throw new Error(`${path} is ${found.size} bytes long, not ${size}`);
  await readdir(path.slice(0, path.lastIndexOf('/')));
}

async function withFile(path, work) {
  const handle = await open(path);
  try {
    await work(handle);
  } finally {
    await handle.close();
  }
}

/** Reads and compares; resolves to how many bytes there were. The rest after fewer than wanted shows why: as an error. */
async function readSome(handle, { content, at, length }) {
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, at + filled);
    if (bytesRead === 0) throw new Error(`the file ends at ${at + filled}`);
    filled += bytesRead;
  }
  new Checked(deterministicContent(content), at).push(buffer.subarray(0, filled));
  return filled;
}
