import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { build } from 'tsup';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDiskCache, type DiskCache } from '../../src/cache/disk-cache.js';
import { createByteLedger } from '../../src/util/byte-ledger.js';
import { manualClock } from '../../src/util/clock.js';
import { MemoryDisk } from './disk-doubles.js';
import { articleOf, bytesOf, diskCache, freshFolder, holds } from './disk-support.js';

const maxBytes = 20_000;
const silent = { debug() {}, info() {}, warn() {}, error() {} };

type Step =
  | { readonly kind: 'set'; readonly id: number; readonly length: number }
  | { readonly kind: 'get'; readonly id: number }
  | { readonly kind: 'settle' }
  | { readonly kind: 'restart' }
  | { readonly kind: 'power'; readonly bytes: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('set' as const), id: fc.nat(15), length: fc.nat(3000) }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('get' as const), id: fc.nat(15) }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'settle' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('power' as const), bytes: fc.nat(9000) }) },
);

/** A cache over a disk in memory, and what it was given. */
class Machine {
  disk = new MemoryDisk();
  readonly clock = manualClock(1);
  readonly ledger = createByteLedger(2 ** 24);
  /** What was put in for each id, in any length: a hit must be one of them, whole. */
  readonly given = new Map<string, Set<number>>();
  cache = this.start();

  start(): DiskCache {
    const { clock, ledger } = this;
    const events = { emit() {} };
    const folder = '/disk';
    const sizes = { maxBytes, slabBytes: 4000, queueBytes: 8000 };
    return createDiskCache({ events, logger: silent, clock, ledger, folder, files: this.disk.files, ...sizes });
  }

  async run(one: Step): Promise<void> {
    this.clock.advance(1);
    if (one.kind === 'set') this.set(`id ${one.id}`, one.length);
    else if (one.kind === 'get') await this.get(`id ${one.id}`);
    else if (one.kind === 'power') await this.losePower(one.bytes);
    else if (one.kind === 'settle') await this.settle();
    else await this.restart();
  }

  set(id: string, length: number): void {
    const article = articleOf(id, length);
    this.given.set(id, (this.given.get(id) ?? new Set()).add(length));
    this.cache.set(article);
    article.release();
  }

  async get(id: string): Promise<void> {
    const found = await this.cache.get(id);
    if (found === undefined) return;
    expect(this.given.get(id)?.has(found.bytes.length)).toBe(true);
    expect(Buffer.compare(found.bytes, bytesOf(id, found.bytes.length))).toBe(0);
    found.release();
  }

  async settle(): Promise<void> {
    await this.cache.idle();
    expect(this.disk.bytesOf('.slab')).toBeLessThanOrEqual(maxBytes);
    expect(this.disk.bytesOf('.slab')).toBe(this.cache.stats().bytes);
  }

  /**
   * What was there before closing is there after opening. What was found damaged and forgotten may be looked at anew.
   */
  async restart(): Promise<void> {
    await this.settle();
    const before = [...this.given.keys()].filter((id) => this.cache.has(id));
    await this.cache.close();
    this.cache = this.start();
    await this.settle();
    expect(before.filter((id) => !this.cache.has(id))).toEqual([]);
    for (const id of this.given.keys()) await this.get(id);
  }

  /** Goes on writing until the power is gone in the middle of it. */
  async losePower(bytes: number): Promise<void> {
    const safe = bytes > 0 ? [...this.given.keys()].filter((id) => this.cache.has(id)) : [];
    this.disk.losePowerAfter(bytes);
    for (let at = 0; at < 12; at++) {
      this.set(`id ${at % 16}`, 900);
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.disk = this.disk.afterReboot();
    this.cache = this.start();
    await this.cache.idle();
    for (const id of new Set([...safe, ...this.given.keys()])) await this.get(id);
    await this.settle();
  }
}

describe('whatever happens to the disk cache', () => {
  it('every hit is what was put in, and the disk never holds more than it may', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 80 }), async (steps) => {
        const machine = new Machine();
        for (const one of steps) await machine.run(one);
        await machine.restart();
        await machine.cache.close();
        expect(machine.ledger.usedBytes).toBe(0);
      }),
      { numRuns: 150 },
    );
  });
});

describe('a process killed while it writes', () => {
  let script: string;
  let out: string;

  beforeAll(async () => {
    out = mkdtempSync(join(tmpdir(), 'newsreel-crash-'));
    const entry = { child: fileURLToPath(new URL('disk-crash-child.ts', import.meta.url)) };
    await build({
      entry,
      outDir: out,
      format: 'esm',
      target: 'node20',
      platform: 'node',
      silent: true,
      config: false,
      dts: false,
      noExternal: [/.*/],
      esbuildOptions: (options) => {
        options.banner = {
          js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
        };
      },
      outExtension: () => ({ js: '.mjs' }),
    });
    script = join(out, 'child.mjs');
  });

  afterAll(() => rmSync(out, { recursive: true, force: true }));

  it('leaves a folder that opens, with right bytes only', { timeout: 60_000 }, async () => {
    const folder = freshFolder();
    let hits = 0;
    for (let round = 0; round < 12; round++) {
      const child = spawn(process.execPath, [script, folder, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] });
      const gone = once(child, 'exit');
      await once(child.stdout, 'data');
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
      child.kill('SIGKILL');
      await gone;
      const { cache, said } = diskCache({ folder, maxBytes: 32 * 2 ** 20, slabBytes: 2 ** 20 });
      await cache.idle();
      expect(said, 'the lock of the dead is no obstacle').toEqual([]);
      for (let number = 0; number < 400; number++)
        for (let past = 0; past <= round; past++) if (await holds(cache, `${past} ${number}`, lengthOf(number))) hits++;
      expect(cache.stats()).toMatchObject({ errors: 0, isReady: true });
      const onDisk = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
      expect(onDisk).toBeLessThanOrEqual(32 * 2 ** 20 + 1000);
      await cache.close();
    }
    expect(hits).toBeGreaterThan(100);
  });
});

const lengthOf = (number: number) => 1000 + ((number * 7919) % 100_000);
