/** The few opcodes the device itself must know (`enum fuse_opcode`, `include/uapi/linux/fuse.h`). */
export const opcode = {
  FORGET: 2,
  OPEN: 14,
  STATFS: 17,
  RELEASE: 18,
  FLUSH: 25,
  INIT: 26,
  RELEASEDIR: 29,
  INTERRUPT: 36,
  DESTROY: 38,
  NOTIFY_REPLY: 41,
  BATCH_FORGET: 42,
} as const;

/**
 * Length of the buffer requests are read into, in bytes: the kernel wants `FUSE_MIN_READ_BUFFER` (8 KiB) and room for the
 * largest WRITE with its headers, of which INIT agrees on 64 KiB at most.
 */
export const requestBufferBytes = 68 * 1024;

/** Names a request in its reply: a number of 64 bits in two halves. */
export interface Unique {
  readonly low: number;
  readonly high: number;
}

/** The buffer requests are read into, with the fields the device looks at: `struct fuse_in_header`. */
export class RequestBuffer {
  /** All of it. */
  readonly bytes = new Uint8Array(requestBufferBytes);
  readonly #words = new Int32Array(this.bytes.buffer, 0, 10);

  get opcode(): number {
    return this.#words[1] as number;
  }

  get unique(): Unique {
    return { low: this.#words[2] as number, high: this.#words[3] as number };
  }

  /** The node it is about, in two halves. */
  get node(): { readonly low: number; readonly high: number } {
    return { low: this.#words[4] as number, high: this.#words[5] as number };
  }

  /** Thread of the caller; 0 when it is the kernel's own or of another pid namespace. */
  get thread(): number {
    return this.#words[8] as number;
  }
}

/** A reply without a payload: `struct fuse_out_header`. @param errorNumber 0 when it went well */
export function shortReply(unique: Unique, errorNumber: number): Uint8Array {
  const words = Int32Array.of(16, -errorNumber, unique.low, unique.high);
  return new Uint8Array(words.buffer);
}

const silent: ReadonlySet<number> = new Set([
  opcode.FORGET,
  opcode.BATCH_FORGET,
  opcode.INTERRUPT,
  opcode.NOTIFY_REPLY,
]);
const detached: ReadonlySet<number> = new Set([
  ...silent,
  opcode.RELEASE,
  opcode.RELEASEDIR,
  opcode.INIT,
  opcode.DESTROY,
]);

/** Whether the kernel wants a reply to it at all. */
export function isAnswered(code: number): boolean {
  return !silent.has(code);
}

/**
 * Whether the thread named in the header sleeps until the reply. Not so for what gets no reply, for RELEASE and
 * RELEASEDIR, which `close(2)` leaves behind (`fuse_file_put`, `fs/fuse/file.c`), and for what belongs to mounting.
 */
export function holdsCaller(code: number): boolean {
  return !detached.has(code);
}
