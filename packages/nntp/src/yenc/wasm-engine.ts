import { type Arena, largestSlotBytes, type Slot, scratchBytes, slackBytes } from './arena.js';
import { type DecodeCursor, type DecodeEngine, type DecodeTarget, roomFor } from './engine.js';
import { createOutsideTarget } from './outside-target.js';
import type { DecodeEngineName } from './port.js';
import { webAssembly } from './webassembly.js';

/** What assembly/yenc.ts exports; the contracts are there. */
interface Kernels {
  prepare(): void;
  decode(source: number, length: number, target: number, state: number, line: number): number;
  crc32(seed: number, source: number, length: number): number;
  fold(history: number, source: number, length: number, seed: number): void;
  foldedCrc32(history: number, source: number, length: number): number;
  readonly resultAddress: { readonly value: number };
}

/** Predicting longer lines than this gains nothing, and the kernel adds to the number. */
const longestPredictedLine = 65_536;

/** What `fold` keeps of a message, and how much of it must stay behind. */
const historyBytes = 2400;
/** Folding less than this costs more in calls than in work. */
const leastFold = 4096;

/**
 * The engine on WebAssembly SIMD. It owns the bounds the kernels do not check: input is fed in pieces that fit behind
 * what is written, and every region has a vector of slack behind it.
 */
export class WasmEngine implements DecodeEngine {
  readonly name: DecodeEngineName;
  readonly #arena: Arena;
  readonly #kernels: Kernels;
  readonly #result: number;

  constructor(name: DecodeEngineName, code: Uint8Array, arena: Arena) {
    if (!webAssembly) throw new Error('this runtime has no WebAssembly');
    const instance = new webAssembly.Instance(new webAssembly.Module(code), { env: { memory: arena.memory } });
    this.name = name;
    this.#arena = arena;
    this.#kernels = instance.exports as Kernels;
    this.#kernels.prepare();
    this.#result = this.#kernels.resultAddress.value / 4;
  }

  get input(): Uint8Array {
    return this.#arena.input;
  }

  allocate(byteLength: number): DecodeTarget {
    const slot = this.#takeSlot(byteLength);
    if (!slot) return createOutsideTarget(byteLength);
    const { address, free } = slot;
    const { buffer } = this.#arena;
    const room = new Uint8Array(buffer, address, slot.byteLength);
    // Decoding may run into the history only where the part is longer than it says, and then the checksum is void.
    const history = address + slot.byteLength - historyBytes;
    if (history < address + byteLength + slackBytes)
      return { bytes: new Uint8Array(buffer, address, byteLength), room, address, history: -1, free };
    this.#arena.bytes.fill(0, history, history + historyBytes);
    return { bytes: new Uint8Array(buffer, address, byteLength), room, address, history, free };
  }

  #takeSlot(byteLength: number): Slot | undefined {
    const more = byteLength + historyBytes;
    return this.#arena.takeSlot(more > largestSlotBytes ? byteLength : more);
  }

  decode(cursor: DecodeCursor, target: DecodeTarget, input: Uint8Array, start: number, end: number): number {
    let count = Math.min(end - start, roomFor(cursor, target));
    let source = input.byteOffset + start;
    // Whose memory it is costs more to ask than to know, and nearly all input is the socket buffer.
    if (input !== this.#arena.input && input.buffer !== this.#arena.buffer) {
      count = Math.min(count, scratchBytes);
      source = this.#arena.scratchInput;
      this.#arena.bytes.set(input.subarray(start, start + count), source);
    }
    const kind =
      target.address < 0
        ? this.#decodeOutside(cursor, target, source, Math.min(count, scratchBytes))
        : this.#decodeInside(cursor, source, count, target.address);
    cursor.at = start + (this.#arena.words[this.#result] as number) - source;
    return kind;
  }

  #decodeInside(cursor: DecodeCursor, source: number, count: number, address: number): number {
    const kind = this.#run(cursor, source, count, address + cursor.written);
    cursor.written = (this.#arena.words[this.#result + 1] as number) - address;
    return kind;
  }

  #decodeOutside(cursor: DecodeCursor, target: DecodeTarget, source: number, count: number): number {
    const output = this.#arena.scratchOutput;
    const kind = this.#run(cursor, source, count, output);
    const end = this.#arena.words[this.#result + 1] as number;
    target.room.set(this.#arena.bytes.subarray(output, end), cursor.written);
    cursor.crc = this.#kernels.crc32(cursor.crc, output, end - output) >>> 0;
    cursor.written += end - output;
    cursor.hashed = cursor.written;
    return kind;
  }

  #run(cursor: DecodeCursor, source: number, count: number, output: number): number {
    const line = cursor.line > longestPredictedLine ? 0 : cursor.line;
    const kind = this.#kernels.decode(source, count, output, cursor.state, line);
    cursor.state = this.#arena.words[this.#result + 2] as number;
    return kind;
  }

  fold(cursor: DecodeCursor, target: DecodeTarget): void {
    this.#fold(cursor, target, leastFold);
  }

  hash(cursor: DecodeCursor, target: DecodeTarget): void {
    const count = cursor.written - cursor.hashed;
    if (target.address < 0 || count === 0) return;
    if (cursor.folded > 0) {
      this.#fold(cursor, target, 64);
      const { address, history } = target;
      const left = cursor.written - cursor.folded;
      cursor.crc = this.#kernels.foldedCrc32(history, address + cursor.folded, left) >>> 0;
      cursor.hashed = cursor.written;
      return;
    }
    cursor.crc = this.#kernels.crc32(cursor.crc, target.address + cursor.hashed, count) >>> 0;
    cursor.hashed = cursor.written;
  }

  /** Folds whole blocks, if there are so many bytes of them, and leaves the end that the last step needs. */
  #fold(cursor: DecodeCursor, target: DecodeTarget, least: number): void {
    const count = (cursor.written - cursor.folded - historyBytes) & ~63;
    if (count < least || target.history < 0) return;
    this.#kernels.fold(target.history, target.address + cursor.folded, count, cursor.folded === 0 ? -1 : 0);
    cursor.folded += count;
  }

  crc32(bytes: Uint8Array, seed: number): number {
    if (bytes.buffer === this.#arena.buffer) return this.#kernels.crc32(seed, bytes.byteOffset, bytes.length) >>> 0;
    let crc = seed;
    for (let at = 0; at < bytes.length; at += scratchBytes) {
      const piece = bytes.subarray(at, at + scratchBytes);
      this.#arena.bytes.set(piece, this.#arena.scratchInput);
      crc = this.#kernels.crc32(crc, this.#arena.scratchInput, piece.length) >>> 0;
    }
    return crc;
  }
}
