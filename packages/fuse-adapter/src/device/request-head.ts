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

/** Where the fields of `struct fuse_in_header` lie that the device looks at, in words of 4 bytes. */
export const headWord = { opcode: 1, uniqueLow: 2, uniqueHigh: 3, nodeLow: 4, nodeHigh: 5, pid: 8 } as const;

/**
 * Length of the buffer requests are read into, in bytes: the kernel wants `FUSE_MIN_READ_BUFFER` (8 KiB) and room for the
 * largest WRITE with its headers, of which INIT agrees on 64 KiB at most.
 */
export const requestBufferBytes = 68 * 1024;

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
