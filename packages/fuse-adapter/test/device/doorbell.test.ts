import { readdirSync, readlinkSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Doorbell } from '../../src/device/doorbell.js';
import { sharedMemory } from '../../src/device/shared-memory.js';
import { until } from '../support.js';

const memory = sharedMemory(4096);
const bell = new Doorbell(memory);
/** The reader's end. */
const reader = new Doorbell(memory);

function openFifos(): number {
  const links = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
  return links.filter((link) => link.includes('/bell')).length;
}

afterEach(() => vi.unstubAllEnvs());

describe.runIf(process.platform === 'linux')('the doorbell', () => {
  it('does not ring before it hangs', () => {
    expect(reader.ring()).toBe(false);
  });

  it('rings, leaves nothing on disk, and is taken down', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'newsreel-test-'));
    vi.stubEnv('TMPDIR', folder);
    try {
      let rings = 0;
      await bell.hang(() => rings++);
      expect(await readdir(folder)).toEqual([]);
      expect(openFifos()).toBe(1);
      expect(reader.ring()).toBe(true);
      await until('it rings', () => rings === 1);
      reader.ring();
      await until('it rings again', () => rings === 2);
      bell.takeDown();
      await until('it is taken down', () => !reader.ring());
      expect(openFifos()).toBe(0);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('goes on to ring when nobody has listened for long', async () => {
    const here = sharedMemory(4096);
    const busy = new Doorbell(here);
    await busy.hang(() => {});
    let heard = 0;
    for (let count = 0; count < 70_000; count++) if (busy.ring()) heard++;
    expect(heard).toBe(70_000);
    busy.takeDown();
  });

  it('is not missed where none can be made', async () => {
    const here = sharedMemory(4096);
    const none = new Doorbell(here);
    vi.stubEnv('TMPDIR', '/nowhere-at-all');
    await none.hang(() => {});
    expect(none.ring()).toBe(false);
    none.takeDown();
  });

  it('may be taken down before it hangs', async () => {
    const here = sharedMemory(4096);
    const early = new Doorbell(here);
    const hung = early.hang(() => {});
    early.takeDown();
    await hung;
    expect(early.ring()).toBe(false);
    expect(openFifos()).toBe(0);
  });
});
