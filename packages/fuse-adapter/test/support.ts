import type { Clock, LogFields, Logger } from '@newsreel/core';
import { systemClock } from '@newsreel/core/plugin';
import { type AdapterHostOptions, adapterHost, type MemoryCatalog, memoryCatalog } from '@newsreel/core/testing';
import { afterEach, expect } from 'vitest';
import { createFuse, type FuseAdapter } from '../src/fuse.js';
import type { FuseOptions } from '../src/options.js';
import { FakeKernel } from './fake-kernel.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Runs when the test is over, newest first. */
export function afterTest(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

export interface LogLine {
  readonly level: string;
  readonly fields: LogFields;
  readonly message: string;
}

export interface Mount {
  readonly adapter: FuseAdapter;
  readonly catalog: MemoryCatalog;
  readonly kernel: FakeKernel;
  readonly log: LogLine[];
}

/** Options for a mount nobody else sees. */
export const nowhere: FuseOptions = { mountpoint: '/newsreel-test', createMountpoint: false, closeGraceMs: 20 };

/** A catalog mounted in a kernel made of code. When the test is over no rule may be broken and nothing left open. */
export async function mount(
  files: Readonly<Record<string, Uint8Array | string>> | MemoryCatalog,
  options: Partial<FuseOptions> = {},
  more: { readonly clock?: Clock; readonly host?: AdapterHostOptions } = {},
): Promise<Mount> {
  const catalog = isCatalog(files) ? files : memoryCatalog(files);
  const kernel = new FakeKernel();
  const log: LogLine[] = [];
  const at = (level: string) => (fields: LogFields, message: string) => void log.push({ level, fields, message });
  const logger: Logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  const parts = { clock: more.clock ?? systemClock, mounter: kernel.mounter };
  const adapter = createFuse({ ...nowhere, ...options }, parts);
  await adapter.attach(adapterHost(catalog, { logger, edits: options.writable === true, ...more.host }));
  afterTest(async () => {
    await adapter.close();
    expect(kernel.connection.violations).toEqual([]);
    expect([catalog.openHandles, catalog.openLeases, kernel.connection.waiting]).toEqual([0, 0, 0]);
  });
  return { adapter, catalog, kernel, log };
}

function isCatalog(files: Readonly<Record<string, unknown>> | MemoryCatalog): files is MemoryCatalog {
  return typeof (files as MemoryCatalog).stat === 'function';
}

/** When the kernel has been told of what changed: soon after, from another thread. */
export function told(): Promise<void> {
  return new Promise(setImmediate);
}

/** What a call fails with. */
export function errnoIn(promise: Promise<unknown>): Promise<number | string> {
  return promise.then(
    () => 'no error',
    (error: { errno?: number; message: string }) => error.errno ?? error.message,
  );
}

/** Bytes that differ everywhere: no two offsets look alike for long. */
export function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) bytes[index] = (index * 2654435761) >>> 24;
  return bytes;
}

/** Waits, without a fixed sleep, until something is so. */
export async function until(what: string, so: () => boolean, withinMs = 5_000): Promise<void> {
  const endMs = Date.now() + withinMs;
  while (!so()) {
    if (Date.now() > endMs) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
