import { execFile, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { mountOnLinux } from '../../src/mount/mount.js';
import type { Mounted } from '../../src/mount/mounted.js';
import { decodeRequest, encodeInit, encodeStatfs, errorReply, invalidateInode } from '../../src/protocol/index.js';
import type { FuseRequest } from '../../src/protocol/messages.js';
import { requestFor } from '../mount/pretended-machine.js';

/** Whether this machine lets tests mount. */
function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const capabilities = /^CapEff:\s*(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  if ((BigInt(`0x${capabilities}`) & (1n << 21n)) === 0n) return false;
  try {
    closeSync(openSync('/dev/fuse', 'r+'));
    return spawnSync('mount', ['--version']).status === 0;
  } catch {
    return false;
  }
}

const statfs = { blockBytes: 4096, blocks: 77, freeBlocks: 0, files: 1, freeFiles: 0, maxNameBytes: 255 };
const initReply = {
  major: 7,
  minor: 31,
  maxReadAheadBytes: 131_072,
  flags: 1n,
  maxBackground: 12,
  congestionThreshold: 9,
  maxWriteBytes: 65_536,
  timeGranularityNs: 1,
  maxPages: 32,
};
const isMounted = (path: string) => readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${path} `);

describe.skipIf(!canMount())('the real /dev/fuse (skipped where it cannot be mounted)', () => {
  const undo: (() => unknown)[] = [];
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });

  /** A mount whose INIT and STATFS are answered by hand. */
  async function served(refuses = false) {
    const mountpoint = mkdtempSync(join(tmpdir(), 'newsreel-device-'));
    undo.push(() => rmSync(mountpoint, { recursive: true, force: true }));
    const { request, log } = requestFor(mountpoint);
    const mounted: Mounted = await mountOnLinux(request);
    undo.push(() => mounted.unmount());
    const seen: FuseRequest['op'][] = [];
    const { device } = mounted;
    let begin = () => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const ended = new Promise<unknown>((resolve) => {
      device.start((bytes) => {
        const { op, unique } = decodeRequest(bytes);
        seen.push(op);
        if (op === 'init') device.reply([refuses ? errorReply(unique, 71) : encodeInit(unique, initReply)]);
        else if (op === 'statfs') device.reply([encodeStatfs(unique, statfs)]);
        else if (op !== 'forget' && op !== 'interrupt') device.reply([errorReply(unique, 38)]);
        begin();
      }, resolve);
    });
    await begun;
    return { mounted, device, mountpoint, seen, ended, log };
  }

  const blocksOf = async (path: string) => (await promisify(execFile)('stat', ['-f', '-c', '%b', path])).stdout.trim();

  it('serves requests and tells whether anybody wanted a reply or knew what a notice is about', async () => {
    const { mounted, device, mountpoint, ended } = await served();
    expect(await Promise.all(Array.from({ length: 8 }, () => blocksOf(mountpoint)))).toEqual(Array(8).fill('77'));
    expect(device.reply([errorReply(4_711_111, 5)])).toBe(false);
    expect(await device.notify([invalidateInode(99, 0, 0)])).toBe(false);
    expect(await device.notify([invalidateInode(1, 0, 0)])).toBe(true);
    await mounted.tune();
    await mounted.unmount();
    expect(await ended).toBeUndefined();
    expect(isMounted(mountpoint)).toBe(false);
    expect(device.reply([errorReply(4_711_111, 5)])).toBe(false);
    expect(await device.notify([invalidateInode(1, 0, 0)])).toBe(false);
  });

  it('throws on a reply the kernel cannot make sense of', async () => {
    const { device } = await served();
    expect(() => device.reply([new Uint8Array(16)])).toThrow('EINVAL');
  });

  it('ends when INIT is refused', async () => {
    const { mounted, ended, mountpoint } = await served(true);
    expect(await ended).toBeUndefined();
    await expect(blocksOf(mountpoint)).rejects.toThrow();
    await mounted.unmount();
    expect(isMounted(mountpoint)).toBe(false);
  });

  it('goes at once, served or not yet', async () => {
    const { mounted, ended, mountpoint } = await served();
    mounted.unmountNow();
    expect(isMounted(mountpoint)).toBe(false);
    expect(await ended).toBeUndefined();

    const unserved = await mountOnLinux(requestFor(mountpoint).request);
    expect(isMounted(mountpoint)).toBe(true);
    unserved.unmountNow();
    expect(isMounted(mountpoint)).toBe(false);
    await unserved.unmount();
  });

  it('gives itself up without being unmounted: who asks then is told', async () => {
    const { device, ended, mountpoint } = await served();
    await device.close();
    expect(await ended).toBeUndefined();
    await expect(blocksOf(mountpoint)).rejects.toThrow('not connected');
  });
});
