import { SlotMap } from './slot-map.js';
import { type WebAssemblyMemory, webAssembly } from './webassembly.js';

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const pageBytes = 64 * kibibyte;

/** Slots are multiples of this. */
export const granuleBytes = 64 * kibibyte;
/** Decoding stores whole vectors, so it may write this far past the last decoded byte; slots have at least this spare. */
export const slackBytes = 128;
/** Larger articles do not get a slot: one of them would push out two dozen of the usual size. */
export const largestSlotBytes = 16 * mebibyte;
/** What sockets read into. On a fast plain link larger reads mean fewer of them; beyond this, turns grow too long. */
export const inputBytes = 512 * kibibyte;
/** Room for input that arrives outside the arena, and for output that goes outside. */
export const scratchBytes = 64 * kibibyte;
/** The start of the memory belongs to the kernels' tables. */
export const tableBytes = mebibyte;

const largestArenaBytes = 512 * mebibyte;
const smallestArenaBytes = 32 * mebibyte;
const poison = 0xdb;

let poisonFreed = false;

/** Test mode: freed article buffers are filled with 0xDB, so that a use after the release shows. */
export function setPoisonFreedSlots(on: boolean): void {
  poisonFreed = on;
}

/** Fills bytes that nobody owns any more, in test mode. */
export function poisonFreedBytes(bytes: Uint8Array): void {
  if (poisonFreed) bytes.fill(poison);
}

/** A place for one article in the arena. */
export interface Slot {
  /** Where it begins in the memory. */
  readonly address: number;
  /** How long it is, {@link slackBytes} included. */
  readonly byteLength: number;
  /** Gives it back, once; later calls do nothing. */
  free(): void;
}

/** How much of an arena is used. */
export interface ArenaUse {
  /** Address space for slots, in bytes. Memory is only occupied where slots have been. */
  readonly slotBytes: number;
  /** Of that, taken now, in bytes. */
  readonly takenBytes: number;
}

/**
 * One fixed WebAssembly memory that holds the kernels' tables, the buffer sockets read into and the articles, so that
 * bytes are decoded from where they arrive to where they stay. It never grows: growing would detach every view.
 */
export class Arena {
  /** What the kernels are instantiated on. */
  readonly memory: WebAssemblyMemory;
  /** What it consists of: always the same, since it never grows, and cheaper to ask for here. */
  readonly buffer: ArrayBuffer;
  /** All of it. */
  readonly bytes: Uint8Array;
  /** All of it as 32-bit words. */
  readonly words: Uint32Array;
  /** The buffer sockets read into, shared because it is consumed before the read callback returns. */
  readonly input: Uint8Array;
  /** Address of {@link scratchBytes} for input from outside. */
  readonly scratchInput: number;
  /** Address of {@link scratchBytes} for output to outside, with slack behind. */
  readonly scratchOutput: number;
  readonly #firstSlot: number;
  readonly #granules: number;
  readonly #map: SlotMap;

  constructor(memory: WebAssemblyMemory) {
    this.memory = memory;
    this.buffer = memory.buffer;
    this.bytes = new Uint8Array(this.buffer);
    this.words = new Uint32Array(this.buffer);
    this.input = this.bytes.subarray(tableBytes, tableBytes + inputBytes);
    this.scratchInput = tableBytes + inputBytes;
    this.scratchOutput = this.scratchInput + scratchBytes;
    this.#firstSlot = this.scratchOutput + scratchBytes + granuleBytes;
    // The last granule stays empty: kernels may read a vector past the end of a slot.
    this.#granules = Math.floor((this.bytes.length - this.#firstSlot) / granuleBytes) - 1;
    this.#map = new SlotMap(this.#granules);
  }

  /** A slot for an article of this many bytes, or `undefined` when it is too large or there is no room now. */
  takeSlot(bytes: number): Slot | undefined {
    if (bytes > largestSlotBytes) return undefined;
    const count = Math.ceil((bytes + slackBytes) / granuleBytes);
    const granule = this.#map.take(count);
    if (granule < 0) return undefined;
    const address = this.#firstSlot + granule * granuleBytes;
    const byteLength = count * granuleBytes;
    let taken = true;
    return {
      address,
      byteLength,
      free: () => {
        if (!taken) return;
        taken = false;
        poisonFreedBytes(this.bytes.subarray(address, address + byteLength));
        this.#map.give(granule, count);
      },
    };
  }

  /** How much is used. */
  use(): ArenaUse {
    const takenBytes = (this.#granules - this.#map.free) * granuleBytes;
    return { slotBytes: this.#granules * granuleBytes, takenBytes };
  }
}

/**
 * An arena of its own. Where the address space is limited it settles for less, down to 32 MiB.
 * @param wantedBytes size, a multiple of 64 KiB
 */
export function createArena(wantedBytes: number = largestArenaBytes): Arena {
  if (!webAssembly) throw new Error('this runtime has no WebAssembly');
  for (let bytes = wantedBytes; ; bytes /= 2) {
    try {
      const pages = bytes / pageBytes;
      return new Arena(new webAssembly.Memory({ initial: pages, maximum: pages }));
    } catch (cause) {
      if (bytes / 2 < smallestArenaBytes) throw cause;
    }
  }
}

let shared: Arena | undefined;

/** The arena of this process (of this thread, in workers), made at the first call. */
export function sharedArena(): Arena {
  shared ??= createArena();
  return shared;
}

/** How much of the shared arena is used; zeros as long as nothing needed it. */
export function arenaUse(): ArenaUse {
  return shared?.use() ?? { slotBytes: 0, takenBytes: 0 };
}
