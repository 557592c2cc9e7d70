import type { Catalog, Entry } from '@newsreel/core';
import { Refusal } from '../../errno.js';
import { maxNameBytes } from '../../protocol/flags.js';
import type { Node } from '../nodes/node.js';

/** `.` and `..` have the places 0 and 1. */
export const firstPlace = 2;
/** One name in so many is remembered, to go back to. */
const checkpointEvery = 256;

/** Where the listing of a folder comes from. */
export interface ListingSource {
  readonly catalog: Pick<Catalog, 'list' | 'revision'>;
  readonly node: Node;
  /** Path of the folder. @throws Refusal ESTALE when it is no longer there */
  readonly path: () => string;
}

/**
 * A folder being listed. Every entry has a place, and the kernel asks for those from some place on: nearly always where it
 * stopped, sometimes a little before that (what did not fit the caller's buffer), or at the beginning again. The catalog's
 * listing goes on from request to request; once the catalog changes it is begun anew behind the last name that was asked
 * for. Kept are the entries of one answer, and one name in 256.
 */
export class FolderListing {
  readonly node: Node;
  readonly #source: ListingSource;
  /** Entries at hand, the first of them at place `#start` and behind the name `#before`. */
  #entries: Entry[] = [];
  #start = firstPlace;
  #before: string | undefined;
  /** Where more come from, behind the last entry at hand; as of a revision of the catalog. */
  #more: AsyncIterator<Entry> | undefined;
  #revision = -1;
  #isComplete = false;
  /** The name before each 256th place. */
  #checkpoints: (string | undefined)[] = [undefined];
  #turn = 0;
  #isWaiting = false;

  constructor(source: ListingSource) {
    this.#source = source;
    this.node = source.node;
  }

  /** Whether nothing has changed since the entries at hand were listed. */
  get isFresh(): boolean {
    return this.#revision === this.#source.catalog.revision;
  }

  /** The entry at a place, if it is at hand; there is none at the end. */
  at(place: number): Entry | undefined {
    return this.#entries[place - this.#start];
  }

  /**
   * Brings in the entries from a place on, until `isEnough` of the names or the end. The kernel asks once at a time
   * (`fuse_readdir` holds a lock): a call ends the one before it, which nobody waits for any more.
   */
  async fetch(place: number, isEnough: (name: string) => boolean, signal: AbortSignal): Promise<void> {
    const turn = ++this.#turn;
    if (this.#isWaiting) this.#drop();
    this.#goTo(Math.max(place, firstPlace));
    for (let next = this.#start; ; next++) {
      while (this.at(next) === undefined && !this.#isComplete) {
        await this.#next(place);
        signal.throwIfAborted();
        if (turn !== this.#turn) throw new Refusal('EINTR');
        next = Math.max(next, this.#start);
      }
      const entry = this.at(next);
      if (entry === undefined || isEnough(entry.name)) return;
    }
  }

  /** Gives the catalog's listing back. */
  close(): void {
    this.#turn++;
    this.#drop();
  }

  #goTo(place: number): void {
    const passed = place - this.#start;
    if (place === firstPlace) {
      // From the beginning: whoever begins again wants to see what is there now.
      this.#beginAt(0);
      this.#checkpoints = [undefined];
    } else if (passed < 0 || passed > this.#entries.length + checkpointEvery) {
      this.#beginAt(Math.min(Math.floor((place - firstPlace) / checkpointEvery), this.#checkpoints.length - 1));
    } else if (passed > 0) {
      const gone = this.#entries.splice(0, passed);
      this.#before = gone.at(-1)?.name ?? this.#before;
      this.#start += gone.length;
    }
    if (!this.isFresh) {
      this.#entries = [];
      this.#drop();
    }
  }

  #beginAt(checkpoint: number): void {
    this.#drop();
    this.#entries = [];
    this.#start = firstPlace + checkpoint * checkpointEvery;
    this.#before = this.#checkpoints[checkpoint];
  }

  /** What comes next has to be listed anew. Not awaited: a generator answers `return()` after the `next()` it is busy with. */
  #drop(): void {
    const more = this.#more;
    this.#more = undefined;
    this.#isComplete = false;
    this.#isWaiting = false;
    try {
      Promise.resolve(more?.return?.()).catch(() => {});
    } catch {
      // An iterator that throws on return() has nothing more to give back.
    }
  }

  /** One entry more; those before `place` are gone past. */
  async #next(place: number): Promise<void> {
    this.#more ??= this.#list();
    const more = this.#more;
    this.#isWaiting = true;
    const { done, value } = await more.next();
    if (more !== this.#more) return;
    this.#isWaiting = false;
    if (done) this.#isComplete = true;
    else if (isShowable(value.name)) this.#add(value, place);
  }

  #list(): AsyncIterator<Entry> {
    const { catalog, path } = this.#source;
    this.#revision = catalog.revision;
    const after = this.#entries.at(-1)?.name ?? this.#before;
    return catalog.list(path(), { after })[Symbol.asyncIterator]();
  }

  #add(entry: Entry, place: number): void {
    this.#entries.push(entry);
    const following = this.#start + this.#entries.length;
    const checkpoint = (following - firstPlace) / checkpointEvery;
    if (Number.isInteger(checkpoint)) this.#checkpoints[checkpoint] = entry.name;
    if (following > place) return;
    this.#entries = [];
    this.#start = following;
    this.#before = entry.name;
  }
}

/** Whether the kernel takes a name; it would refuse the whole listing for one it does not. */
function isShowable(name: string): boolean {
  if (name === '' || name.includes('/') || name.includes('\0')) return false;
  return name.length * 3 <= maxNameBytes || Buffer.byteLength(name) <= maxNameBytes;
}
