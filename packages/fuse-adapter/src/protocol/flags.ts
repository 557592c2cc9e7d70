/**
 * Numbers of the protocol, under the names `include/uapi/linux/fuse.h` gives them. Those of the file system calls
 * (`O_*`, `S_*`, `SEEK_*`) are Linux's on x86 and ARM alike.
 */

/** What INIT agrees on: `FUSE_*`, `flags` in the low and `flags2` in the high 32 bits. */
export const initFlags = {
  /** Several reads of one handle at a time, in any order. Read-ahead is useless without it. */
  ASYNC_READ: 1n << 0n,
  ATOMIC_O_TRUNC: 1n << 3n,
  /** `.` and `..` are looked up, for NFS. */
  EXPORT_SUPPORT: 1n << 4n,
  BIG_WRITES: 1n << 5n,
  DONT_MASK: 1n << 6n,
  SPLICE_WRITE: 1n << 7n,
  SPLICE_MOVE: 1n << 8n,
  SPLICE_READ: 1n << 9n,
  HAS_IOCTL_DIR: 1n << 11n,
  /** Pages are dropped when GETATTR shows another size or time. */
  AUTO_INVAL_DATA: 1n << 12n,
  /** READDIRPLUS may be asked. */
  DO_READDIRPLUS: 1n << 13n,
  /** READDIRPLUS only while somebody looks at the attributes. */
  READDIRPLUS_AUTO: 1n << 14n,
  ASYNC_DIO: 1n << 15n,
  WRITEBACK_CACHE: 1n << 16n,
  NO_OPEN_SUPPORT: 1n << 17n,
  /** Lookups and listings of one folder at a time. */
  PARALLEL_DIROPS: 1n << 18n,
  HANDLE_KILLPRIV: 1n << 19n,
  POSIX_ACL: 1n << 20n,
  ABORT_ERROR: 1n << 21n,
  /** `maxPages` of the reply counts; otherwise requests end at 32 pages. */
  MAX_PAGES: 1n << 22n,
  CACHE_SYMLINKS: 1n << 23n,
  NO_OPENDIR_SUPPORT: 1n << 24n,
  /** Pages are dropped only when told by a notice. */
  EXPLICIT_INVAL_DATA: 1n << 25n,
  HANDLE_KILLPRIV_V2: 1n << 28n,
  SETXATTR_EXT: 1n << 29n,
  /** `flags2` is there. */
  INIT_EXT: 1n << 30n,
  SECURITY_CTX: 1n << 32n,
  CREATE_SUPP_GROUP: 1n << 34n,
  /** {@link EXPIRE_ONLY} is understood. */
  HAS_EXPIRE_ONLY: 1n << 35n,
  DIRECT_IO_ALLOW_MMAP: 1n << 36n,
  PASSTHROUGH: 1n << 37n,
  NO_EXPORT_SUPPORT: 1n << 38n,
  HAS_RESEND: 1n << 39n,
  ALLOW_IDMAP: 1n << 40n,
} as const;

/** What an answer to OPEN and OPENDIR may say: `FOPEN_*`. Kernels that do not know one ignore it. */
export const openReplyFlags = {
  /** Past the page cache: no read-ahead, every read becomes a request. */
  DIRECT_IO: 1 << 0,
  /** Cached pages of earlier opens are kept. */
  KEEP_CACHE: 1 << 1,
  NONSEEKABLE: 1 << 2,
  /** The listing may be kept. */
  CACHE_DIR: 1 << 3,
  STREAM: 1 << 4,
  /** No FLUSH on close; 7.35. */
  NOFLUSH: 1 << 5,
} as const;

/** Flags of the caller's `open(2)` that decide what it wants. */
export const openFlags = {
  /** Mask of the three below. */
  ACCMODE: 3,
  RDONLY: 0,
  WRONLY: 1,
  RDWR: 2,
  TRUNC: 0o1000,
  APPEND: 0o2000,
} as const;

/** Kind of a node, in `mode` of its attributes. */
export const modeKinds = { folder: 0o040000, file: 0o100000, link: 0o120000 } as const;

/** Mask of the kind in a mode: `S_IFMT`. */
export const modeKindMask = 0o170000;

/** What ACCESS asks for: mask bits of `access(2)`. */
export const accessMasks = { EXECUTE: 1, WRITE: 2, READ: 4 } as const;

/** Where LSEEK counts from, or what it looks for. The kernel asks only for the last two. */
export const seekWhence = { SET: 0, CUR: 1, END: 2, DATA: 3, HOLE: 4 } as const;

/** Flags of RENAME. */
export const renameFlags = { NOREPLACE: 1, EXCHANGE: 2, WHITEOUT: 4 } as const;

/** Flag of GETATTR: `fh` of the request counts. */
export const GETATTR_FH = 1;

/** Flag of an entry notice: look again before the next use, but keep what is mounted or open below. */
export const EXPIRE_ONLY = 1;

/** Node of the folder that is mounted. */
export const rootNode = 1;

/** Longest name that is understood, in bytes: `NAME_MAX`. */
export const maxNameBytes = 255;

/** Lengths of `struct fuse_in_header` and `struct fuse_out_header`, in bytes. */
export const headerBytes = { request: 40, reply: 16 } as const;
