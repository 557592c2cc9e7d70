import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../model/common.js';
import { type CacheFiles, systemCode } from './disk-files.js';

/** A holder shows this often that it is alive, in milliseconds. */
export const beatMs = 5000;
/** A holder that showed nothing for this long is gone, in milliseconds. */
const goneAfterMs = 30_000;
/** A lock that says nothing was being written when its holder died; after this long, in milliseconds, it is nobody's. */
const emptyAfterMs = 2000;

/** Who takes a lock: a port, so that tests can be several processes. */
export interface LockOwner {
  /** This process. */
  readonly pid: number;
  /** This machine or container. */
  readonly host: string;
  /** Whether a process of this machine lives. */
  isAlive(pid: number): boolean;
  /** Locks this process holds. */
  readonly held: Set<string>;
}

interface LockText {
  readonly pid: number;
  readonly host: string;
  readonly token: string;
}

/** This process. */
export const thisProcess: LockOwner = {
  pid: process.pid,
  host: hostname(),
  held: new Set(),
  isAlive(pid) {
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      return systemCode(error) === 'EPERM';
    }
  },
};

/**
 * Keeps a second cache off a folder. The lock is a file that says who holds it and whose date shows that he lives; it
 * survives crashes, is taken over from processes that are gone, and is found out about when somebody else took it.
 */
export class FolderLock {
  readonly #path: string;
  readonly #folder: string;
  readonly #files: CacheFiles;
  readonly #clock: Clock;
  readonly #owner: LockOwner;
  readonly #token = randomUUID();

  constructor(folder: string, files: CacheFiles, clock: Clock, owner: LockOwner = thisProcess) {
    this.#folder = folder;
    this.#path = join(folder, 'lock');
    this.#files = files;
    this.#clock = clock;
    this.#owner = owner;
  }

  /** Takes it. @throws when somebody else holds it */
  async take(): Promise<void> {
    for (let attempt = 0; attempt < 3; attempt++) {
      if (await this.#create()) return;
      const found = await this.#read();
      if (found === undefined) continue;
      if (found.token === this.#token) return;
      if (!this.#isGone(found)) throw new Error(inUse(this.#folder, found));
      await this.#clear(found.token);
    }
    throw new Error(`The cache folder ${this.#folder} is being taken by others`);
  }

  /** Whether it is still ours. */
  async isOurs(): Promise<boolean> {
    return (await this.#read())?.token === this.#token;
  }

  /** Shows that its holder lives. Resolves to whether it is still ours. */
  async beat(): Promise<boolean> {
    if (!(await this.isOurs())) return false;
    await this.#files.touch(this.#path, this.#clock.wallNow());
    return true;
  }

  /** Gives it back. */
  async release(): Promise<void> {
    if (await this.isOurs()) await this.#files.remove(this.#path);
    this.#owner.held.delete(this.#token);
  }

  async #create(): Promise<boolean> {
    try {
      const file = await this.#files.open(this.#path, 'create');
      try {
        const { pid, host, held } = this.#owner;
        held.add(this.#token);
        await file.write([Buffer.from(JSON.stringify({ pid, host, token: this.#token }))], 0);
      } finally {
        await file.close();
      }
      return true;
    } catch (error) {
      if (systemCode(error) === 'EEXIST') return false;
      throw error;
    }
  }

  async #read(): Promise<(Partial<LockText> & { readonly ageMs: number }) | undefined> {
    try {
      const [text, { modifiedMs }] = await Promise.all([
        this.#files.readText(this.#path),
        this.#files.stat(this.#path),
      ]);
      return { ...parsed(text), ageMs: this.#clock.wallNow() - modifiedMs };
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  #isGone({ pid, host, token, ageMs }: Partial<LockText> & { readonly ageMs: number }): boolean {
    if (ageMs > goneAfterMs) return true;
    if (pid === undefined || token === undefined) return ageMs > emptyAfterMs;
    if (host !== this.#owner.host) return false;
    // A container that is started again has the process id of the one that crashed.
    return pid === this.#owner.pid ? !this.#owner.held.has(token) : !this.#owner.isAlive(pid);
  }

  /** Moved aside before it is removed, so that of two who find it the later one does not remove the other's new lock. */
  async #clear(token: string | undefined): Promise<void> {
    const aside = `${this.#path}.${this.#token}`;
    try {
      await this.#files.rename(this.#path, aside);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return;
      throw error;
    }
    const moved = parsed(await this.#files.readText(aside));
    if (moved.token === token) await this.#files.remove(aside);
    else await this.#files.rename(aside, this.#path);
  }
}

function inUse(folder: string, { pid, host }: Partial<LockText>): string {
  const who = pid === undefined ? 'another process' : `process ${pid} on ${host}`;
  return `The cache folder ${folder} is in use by ${who}; give each engine a folder of its own`;
}

function parsed(text: string): Partial<LockText> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
