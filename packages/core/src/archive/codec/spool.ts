import { randomBytes } from 'node:crypto';
import { constants, promises } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Lease } from '../../model/bytes.js';
import { closeOnce } from '../../util/close-all.js';
import { pieceBytes } from './piece-buffers.js';

/** Where unpacked bytes are kept for those who seek back. */
export interface SpoolOptions {
  /** Folder of its one file. @default the system's folder for temporary files */
  readonly folder?: string | undefined;
  /** Most bytes on disk; 0: none, and nothing is kept. Content that is encrypted where it was posted lies there plain. */
  readonly maxBytes: number;
}

/** Unpacked pieces on disk: what was written last, of all members that share the spool. */
export interface Spool {
  /** Bytes on disk now. */
  readonly usedBytes: number;
  /** Room for the pieces of one member. */
  pieces(): SpooledPieces;
  /** Gives the disk back. */
  close(): Promise<void>;
}

/** The pieces of one member. */
export interface SpooledPieces {
  /** Whether a piece is there. */
  has(index: number): boolean;
  /** Reads a piece into `target`. Resolves to whether it was still there. */
  read(index: number, target: Uint8Array): Promise<boolean>;
  /** Writes a piece when the disk keeps up; otherwise it is not kept. The lease given stays the giver's. */
  write(index: number, piece: Lease): void;
  /** Forgets them. */
  close(): void;
}

/** Pieces being written at once; more are not kept. */
const mostWrites = 8;
/** What is unpacked is nobody else's business. */
const privateFile = 0o600;

/**
 * Makes a spool. Its file is created with the first piece and has no name from then on: however the process ends, nothing
 * stays behind. It is a ring, the oldest pieces are overwritten; a disk that fails turns it off.
 */
export function createSpool(options: SpoolOptions): Spool {
  return new RingSpool(options);
}

interface Slot {
  readonly at: number;
  /** Whom it belongs to, to be told when it is overwritten. */
  readonly owner: Map<number, Slot>;
  readonly index: number;
  readonly length: number;
}

class RingSpool implements Spool {
  usedBytes = 0;
  readonly #folder: string;
  readonly #slotCount: number;
  readonly #slots: (Slot | undefined)[] = [];
  readonly #busy = new Set<number>();
  #next = 0;
  #file: Promise<promises.FileHandle> | undefined;
  /** Its name, where it could not be taken from the open file. */
  #leftPath: string | undefined;
  #isOff: boolean;

  constructor({ folder = tmpdir(), maxBytes }: SpoolOptions) {
    this.#folder = folder;
    this.#slotCount = Math.floor(maxBytes / pieceBytes);
    this.#isOff = this.#slotCount === 0;
  }

  pieces(): SpooledPieces {
    const own = new Map<number, Slot>();
    return {
      has: (index) => own.has(index),
      read: async (index, target) => {
        const slot = own.get(index);
        return slot !== undefined && this.#read(slot, target);
      },
      write: (index, piece) => {
        if (!own.has(index)) this.#write(own, index, piece);
      },
      close: () => {
        for (const { at } of own.values()) this.#slots[at] = undefined;
        own.clear();
      },
    };
  }

  readonly close = closeOnce(async () => {
    this.#isOff = true;
    for (const slot of this.#slots) slot?.owner.delete(slot.index);
    const file = await this.#file?.catch(() => undefined);
    await file?.close().catch(() => {});
    if (this.#leftPath !== undefined) await promises.unlink(this.#leftPath).catch(() => {});
  });

  async #read(slot: Slot, target: Uint8Array): Promise<boolean> {
    try {
      const file = await this.#file;
      const { bytesRead } = (await file?.read(target, 0, slot.length, slot.at * pieceBytes)) ?? { bytesRead: -1 };
      // Overwritten meanwhile? Then these may be other bytes.
      return bytesRead === slot.length && slot.owner.get(slot.index) === slot && !this.#busy.has(slot.at);
    } catch {
      this.#isOff = true;
      return false;
    }
  }

  #write(owner: Map<number, Slot>, index: number, piece: Lease): void {
    if (this.#isOff || this.#busy.size >= mostWrites) return;
    const at = this.#next;
    if (this.#busy.has(at)) return;
    this.#next = (at + 1) % this.#slotCount;
    const before = this.#slots[at];
    if (before?.owner.get(before.index) === before) before?.owner.delete(before.index);
    const slot = { at, owner, index, length: piece.bytes.length };
    this.#slots[at] = undefined;
    this.#busy.add(at);
    void this.#store(slot, piece.retain());
  }

  async #store(slot: Slot, piece: Lease): Promise<void> {
    try {
      this.#file ??= this.#open();
      const file = await this.#file;
      const { bytesWritten } = await file.write(piece.bytes, 0, slot.length, slot.at * pieceBytes);
      if (bytesWritten !== slot.length) throw new Error('the disk is full');
      if (this.#isOff) return;
      this.#slots[slot.at] = slot;
      this.usedBytes = Math.max(this.usedBytes, slot.at * pieceBytes + slot.length);
      slot.owner.set(slot.index, slot);
    } catch {
      this.#isOff = true;
    } finally {
      this.#busy.delete(slot.at);
      piece.release();
    }
  }

  async #open(): Promise<promises.FileHandle> {
    const path = join(this.#folder, `newsreel-${randomBytes(9).toString('base64url')}.spool`);
    const file = await promises.open(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, privateFile);
    await promises.unlink(path).catch(() => {
      this.#leftPath = path;
    });
    return file;
  }
}
