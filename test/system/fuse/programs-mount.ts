import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AddOptions, EngineOptions, Release, Snapshot } from '@newsreel/core';
import type { FuseOptions, FuseStats } from '@newsreel/fuse-adapter';
import type { NntpOptions } from '@newsreel/nntp';
import type { NewsServer } from '@newsreel/nntp/testing';
import { mountedBelow } from './served.js';

const program = fileURLToPath(new URL('programs-server.mjs', import.meta.url));
/** Longest any answer may take, in milliseconds. */
const answerMs = 30_000;
/** How long the process may take to end by itself, in milliseconds. */
const endMs = 10_000;

/** What is mounted. */
export interface MountedOptions {
  /** Accounts of the engine, asked in this order. */
  readonly accounts: readonly Partial<NntpOptions>[];
  readonly engine?: Omit<EngineOptions, 'providers'>;
  readonly mount?: Omit<FuseOptions, 'mountpoint'>;
}

/** A process of its own that has an engine and mounts its library. */
export interface MountedLibrary {
  /** Folder the mount is in; it goes with it. */
  readonly folder: string;
  /** Path in the mount. */
  readonly path: (name?: string) => string;
  /** Path of a file beside the mount, on disk. */
  readonly beside: (name: string) => string;
  /** Makes the process do something; see `programs-server.mjs`. */
  readonly ask: <Answer = void>(deed: string, ...args: readonly unknown[]) => Promise<Answer>;
  readonly add: (nzb: string, options?: AddOptions) => Promise<Pick<Release, 'id' | 'path' | 'files'>>;
  readonly stats: () => Promise<{ readonly mount: FuseStats; readonly engine: Snapshot }>;
  /** Closes the engine; whatever does not end by itself is made to. Resolves to what had to be, which should be nothing. */
  readonly end: () => Promise<readonly string[]>;
}

/** An account at a server of the tests. */
export const accountAt = ({ host, port }: NewsServer, more: Partial<NntpOptions> = {}): Partial<NntpOptions> => ({
  ...{ host, port, tls: false, connections: 10 },
  ...more,
});

/** Mounts a library. */
export async function mountLibrary({ accounts, engine, mount }: MountedOptions): Promise<MountedLibrary> {
  const folder = mkdtempSync(join(tmpdir(), 'newsreel-fuse-'));
  const mountpoint = join(folder, 'mount');
  const server = JSON.stringify({ accounts, engine, mount: { mountpoint, ...mount } });
  const child = fork(program, [server], { execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const ask = conversation(child);
  const end = () => endOf(child, folder, () => ask('close'));
  const path = (name = '') => join(mountpoint, name);
  try {
    await ask();
  } catch (error) {
    await end();
    throw error;
  }
  return {
    folder,
    path,
    beside: (name) => join(folder, name),
    ask: ask as MountedLibrary['ask'],
    add: (nzb, options) => ask('add', nzb, options) as ReturnType<MountedLibrary['add']>,
    stats: () => ask('stats') as ReturnType<MountedLibrary['stats']>,
    end,
  };
}

/** Asks a process over its channel; the first question is answered when it has started. */
function conversation(child: ChildProcess): (deed?: string, ...args: readonly unknown[]) => Promise<unknown> {
  let printed = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    printed = (printed + text).slice(-20_000);
  });
  const waiting = new Map<number, (answer: { readonly value?: unknown; readonly error?: string }) => void>();
  child.on('message', (message: { id: number; value?: unknown; error?: string }) => waiting.get(message.id)?.(message));
  let isOver = false;
  child.once('exit', () => {
    isOver = true;
    for (const answer of waiting.values()) answer({ error: 'the process has ended' });
  });
  let next = 0;
  return (deed, ...args) => {
    const id = next++;
    return new Promise((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`${deed ?? 'start'}: ${why}\n${printed}`));
      if (isOver) return fail('the process has ended');
      const timer = setTimeout(() => fail('no answer'), answerMs);
      waiting.set(id, ({ value, error }) => {
        clearTimeout(timer);
        waiting.delete(id);
        if (error === undefined) resolve(value);
        else fail(error);
      });
      if (deed !== undefined) child.send({ id, deed, args });
    });
  };
}

async function endOf(child: ChildProcess, folder: string, close: () => Promise<unknown>): Promise<readonly string[]> {
  const forced: string[] = [];
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  const over = new Promise<void>((resolve) => void (isOver() ? resolve() : child.once('exit', () => resolve())));
  await close().catch((error: unknown) => void forced.push(String(error)));
  if (child.connected) child.disconnect();
  const timer = setTimeout(() => {
    forced.push('killed the process');
    child.kill('SIGKILL');
  }, endMs);
  await over;
  clearTimeout(timer);
  for (const mountpoint of mountedBelow(folder)) {
    forced.push('unmounted what it left behind');
    spawnSync('umount', ['-l', mountpoint], { timeout: 5_000 });
  }
  if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
  return forced;
}
