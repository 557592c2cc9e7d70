import { ArchiveUnsupportedError } from '../../errors/index.js';
import { lzmaWasm } from './generated/wasm-lzma.js';
import type { LzmaProperties } from './lzma-properties.js';
import { type WebAssemblyMemory, webAssembly } from './webassembly.js';

/** What assembly/lzma.ts exports; the contracts are there. */
interface Kernel {
  readonly stateAddress: { readonly value: number };
  readonly probabilitiesAddress: { readonly value: number };
  probabilitiesBytes(bits: number): number;
  resetDictionary(): void;
  resetState(literalContextBits: number, literalPositionBits: number, positionBits: number): void;
  startRange(): number;
  endRange(): number;
  stored(length: number): void;
  wrap(): void;
  decode(limit: number): number;
}

/** Words of the state, by their places. */
const word = { at: 0, safe: 1, window: 2, windowSize: 3, dictionary: 4, position: 5 } as const;
const wasm = { end: 1, wrong: 2 } as const;

const pageBytes = 65_536;
/** Packed bytes that are held; a chunk of LZMA2 is 64 KiB at most. */
const inputBytes = 128 * 1024;
/** What a symbol may take of the input. */
const symbolBytes = 24;
/** Readable bytes behind the input, and writable ones behind the window. */
const slackBytes = 64;
/** With smaller windows than this, steps would be too short. */
const leastWindowBytes = 64 * 1024;

let compiled: object | undefined;

/** What a kernel is made for. */
export interface LzmaKernelOptions {
  /** Sum of literal context and literal position bits there may be. */
  readonly literalBits: number;
  readonly dictionaryBytes: number;
  /** Unpacked bytes there will be: the window need not be larger. */
  readonly size: number;
}

/** The LZMA decoder on a memory of its own. It owns the bounds that the WebAssembly does not check. */
export class LzmaKernel {
  readonly memoryBytes: number;
  readonly #kernel: Kernel;
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  readonly #input: number;
  readonly #window: number;
  readonly #windowSize: number;
  /** Address behind the last byte of input. */
  #inputEnd: number;
  #isLast = false;
  #isMarked = false;

  /** @throws ArchiveUnsupportedError `feature` when there is no WebAssembly, or no memory */
  constructor({ literalBits, dictionaryBytes, size }: LzmaKernelOptions) {
    // Blocks that are copied may reach a little beyond what was decoded, which must not be what is still referred to.
    this.#windowSize = Math.min(Math.max(dictionaryBytes, leastWindowBytes), size) + slackBytes;
    const probabilities = 4096 + ((2 * 0x300) << literalBits) + 8192;
    this.#input = Math.ceil(probabilities / slackBytes) * slackBytes;
    this.#inputEnd = this.#input;
    this.#window = this.#input + inputBytes + 2 * slackBytes;
    const pages = Math.ceil((this.#window + this.#windowSize + slackBytes) / pageBytes);
    this.memoryBytes = pages * pageBytes;
    const { memory, kernel } = instantiate(pages);
    this.#kernel = kernel;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#words = new Uint32Array(memory.buffer, kernel.stateAddress.value, 32);
    if (kernel.probabilitiesAddress.value + kernel.probabilitiesBytes(literalBits) > this.#input)
      throw new Error('the layout of the LZMA kernel is not what is expected');
    this.#words[word.window] = this.#window;
    this.#words[word.windowSize] = this.#windowSize;
    this.#words[word.dictionary] = Math.min(dictionaryBytes, this.#windowSize - slackBytes);
    this.#words[word.at] = this.#input;
    kernel.resetDictionary();
  }

  /** Bytes of input that were not used yet; negative when the stream went beyond its end. */
  get unread(): number {
    return this.#inputEnd - (this.#words[word.at] as number);
  }

  /** Takes input, as much as there is room for: returns how many bytes. */
  push(bytes: Uint8Array): number {
    const at = this.#words[word.at] as number;
    const unread = this.#inputEnd - at;
    if (at > this.#input) {
      this.#bytes.copyWithin(this.#input, at, this.#inputEnd);
      this.#words[word.at] = this.#input;
      this.#inputEnd = this.#input + unread;
    }
    const count = Math.min(bytes.length, inputBytes - unread);
    this.#bytes.set(bytes.subarray(0, count), this.#inputEnd);
    this.#inputEnd += count;
    this.#isLast = false;
    return count;
  }

  /** No more input comes for what is being decoded. */
  finishInput(): void {
    this.#bytes.fill(0, this.#inputEnd, this.#inputEnd + slackBytes);
    this.#isLast = true;
  }

  /** Forgets what was decoded. */
  resetDictionary(): void {
    this.#kernel.resetDictionary();
  }

  /** Begins with new probabilities. */
  resetState({ literalContextBits, literalPositionBits, positionBits }: LzmaProperties): void {
    this.#kernel.resetState(literalContextBits, literalPositionBits, positionBits);
  }

  /** Takes 5 bytes that begin a stream. @returns whether they do */
  startRange(): boolean {
    return this.unread >= 5 && this.#kernel.startRange() !== 0;
  }

  /** Whether a stream ends here, with nothing begun and all input used. */
  endRange(): boolean {
    return this.#kernel.endRange() !== 0 && this.unread === 0;
  }

  /** Puts bytes that are not packed into the window, as many as there is room for: returns how many. */
  store(bytes: Uint8Array): number {
    const position = this.#roomyPosition();
    const count = Math.min(bytes.length, this.#windowSize - position);
    this.#bytes.set(bytes.subarray(0, count), this.#window + position);
    this.#kernel.stored(count);
    return count;
  }

  /**
   * Decodes into `target`, as far as the input, and the window, go.
   * @returns how many bytes; 0 when input is missing; -1 at the mark of the end; -2 when the data is wrong
   */
  decode(target: Uint8Array): number {
    if (this.#isMarked) return -wasm.end;
    const position = this.#roomyPosition();
    const limit = Math.min(this.#windowSize, position + target.length);
    this.#words[word.safe] = this.#isLast ? this.#inputEnd : Math.max(0, this.#inputEnd - symbolBytes);
    const result = this.#kernel.decode(limit);
    if (this.unread < 0) return -wasm.wrong;
    const start = this.#window + position;
    const count = (this.#words[word.position] as number) - position;
    // What is in front of a mistake is as wrong as the mistake: nobody knows where it began.
    if (result === wasm.wrong) return -wasm.wrong;
    this.#isMarked = result === wasm.end;
    if (this.#isMarked && count === 0) return -wasm.end;
    target.set(this.#bytes.subarray(start, start + count));
    return count;
  }

  /** Where the next byte goes: never at the very end of the window. */
  #roomyPosition(): number {
    if (this.#words[word.position] === this.#windowSize) this.#kernel.wrap();
    return this.#words[word.position] as number;
  }
}

function instantiate(pages: number): { memory: WebAssemblyMemory; kernel: Kernel } {
  try {
    if (!webAssembly) throw new Error('this runtime has no WebAssembly');
    compiled ??= new webAssembly.Module(Buffer.from(lzmaWasm, 'base64'));
    const memory = new webAssembly.Memory({ initial: pages, maximum: pages });
    const instance = new webAssembly.Instance(compiled, { env: { memory } });
    return { memory, kernel: instance.exports as Kernel };
  } catch (cause) {
    const message = `LZMA needs WebAssembly and ${pages * pageBytes} bytes of memory`;
    throw new ArchiveUnsupportedError({ format: 'lzma', reason: 'feature', message, cause });
  }
}
