import { initFlags } from './flags.js';
import type { InitReply, RequestOf } from './messages.js';

/** Versions that are spoken: 7.31 (Linux 5.4) to 7.41. What came later is agreed down to that. */
export const protocolVersion = { major: 7, oldestMinor: 31, newestMinor: 41 } as const;

/** Pages of one request where nothing else is agreed: the kernel's default. */
const defaultMaxPages = 32;
/** What the kernel takes any smaller `max_write` for, in bytes. */
const minWriteBytes = 4096;
const nextHalf = 32n;

/** What the file system would like. */
export interface WantedConnection {
  /** {@link initFlags}; what the kernel does not offer is left out. */
  readonly flags: bigint;
  /** Read-ahead, in bytes; the kernel's own limit stands. */
  readonly maxReadAheadBytes: number;
  /** Requests the kernel may have waiting on its own behalf, read-ahead above all. Without root it caps this. */
  readonly maxBackground: number;
  /** Largest WRITE, in bytes. The request buffer must hold it; answers to READ may be larger. */
  readonly maxWriteBytes: number;
  /** Largest READ, in pages. */
  readonly maxPages: number;
}

/** How INIT is to be answered. */
export type Negotiation =
  /** Answer with this; the connection serves. */
  | { readonly outcome: 'agreed'; readonly reply: InitReply }
  /** Answer with this; the kernel will ask again with a major number we know. */
  | { readonly outcome: 'again'; readonly reply: InitReply }
  /** The kernel is too old: answer with an error and give the connection up. */
  | { readonly outcome: 'refused'; readonly offered: string };

/**
 * Finds what both sides can do, by the rules at the head of `include/uapi/linux/fuse.h` and of `process_init_reply` in
 * `fs/fuse/inode.c`. Times are exact to the nanosecond.
 */
export function negotiate(request: RequestOf<'init'>, wanted: WantedConnection): Negotiation {
  const { major, minor } = request;
  if (major > protocolVersion.major) return { outcome: 'again', reply: versionAlone };
  if (major < protocolVersion.major || minor < protocolVersion.oldestMinor)
    return { outcome: 'refused', offered: `${major}.${minor}` };
  // Without saying so oneself, the upper half would be lost.
  const extended = wanted.flags >> nextHalf === 0n ? 0n : initFlags.INIT_EXT;
  const flags = request.flags & (wanted.flags | extended);
  const maxBackground = atMost16Bits(wanted.maxBackground);
  const reply: InitReply = {
    major: protocolVersion.major,
    minor: Math.min(minor, protocolVersion.newestMinor),
    maxReadAheadBytes: Math.min(request.maxReadAheadBytes, wanted.maxReadAheadBytes),
    flags,
    maxBackground,
    // The kernel's own proportion.
    congestionThreshold: Math.floor((maxBackground * 3) / 4),
    maxWriteBytes: Math.max(wanted.maxWriteBytes, minWriteBytes),
    timeGranularityNs: 1,
    maxPages: (flags & initFlags.MAX_PAGES) === 0n ? defaultMaxPages : Math.max(1, atMost16Bits(wanted.maxPages)),
  };
  return { outcome: 'agreed', reply };
}

const atMost16Bits = (value: number) => Math.min(value, 0xffff);

const versionAlone: InitReply = {
  major: protocolVersion.major,
  minor: protocolVersion.newestMinor,
  maxReadAheadBytes: 0,
  flags: 0n,
  maxBackground: 0,
  congestionThreshold: 0,
  maxWriteBytes: 0,
  timeGranularityNs: 0,
  maxPages: 0,
};
