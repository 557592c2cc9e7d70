/**
 * What the kernel asks and what it is told, as plain values. Nouns only: `decode` and `encode` turn them into bytes and
 * back. Layouts and numbers: Linux `include/uapi/linux/fuse.h`, protocol 7.31 to 7.41.
 */

/** Who asks: `struct fuse_in_header`. Numbers the kernel writes as u64 are safe integers here; others are refused. */
export interface RequestHeader {
  /** Names the request in its reply; 0 never. */
  readonly unique: number;
  /** Node the request is about; the root is 1, 0 where there is none (INIT, DESTROY, BATCH_FORGET). */
  readonly node: number;
  /** User of the caller. */
  readonly uid: number;
  /** Group of the caller. */
  readonly gid: number;
  /** Thread of the caller; 0 when the kernel asks on its own behalf or the caller lives in another pid namespace. */
  readonly pid: number;
}

/** How many lookups of a node the kernel has forgotten: `struct fuse_forget_one`. */
export interface ForgottenNode {
  readonly node: number;
  readonly lookups: number;
}

/** The part of a request that depends on its opcode. */
export type RequestBody =
  | {
      readonly op: 'init';
      readonly major: number;
      readonly minor: number;
      readonly maxReadAheadBytes: number;
      /** `flags` in the low, `flags2` in the high 32 bits. */
      readonly flags: bigint;
    }
  | { readonly op: 'destroy' }
  | { readonly op: 'lookup'; readonly name: string }
  | { readonly op: 'forget'; readonly forgotten: readonly ForgottenNode[] }
  | { readonly op: 'getattr'; readonly handle: number | undefined }
  | { readonly op: 'access'; readonly mask: number }
  | { readonly op: 'readlink' }
  | { readonly op: 'open'; readonly flags: number }
  | {
      readonly op: 'read';
      readonly handle: number;
      readonly offset: number;
      readonly size: number;
      readonly flags: number;
    }
  | { readonly op: 'flush'; readonly handle: number }
  | { readonly op: 'release'; readonly handle: number }
  | { readonly op: 'fsync'; readonly handle: number }
  | { readonly op: 'lseek'; readonly handle: number; readonly offset: number; readonly whence: number }
  | { readonly op: 'opendir'; readonly flags: number }
  | {
      readonly op: 'readdir' | 'readdirplus';
      readonly handle: number;
      readonly offset: number;
      readonly size: number;
    }
  | { readonly op: 'releasedir'; readonly handle: number }
  | { readonly op: 'fsyncdir'; readonly handle: number }
  | { readonly op: 'statfs' }
  | { readonly op: 'getxattr'; readonly name: string; readonly size: number }
  | { readonly op: 'listxattr'; readonly size: number }
  | { readonly op: 'interrupt'; readonly interrupted: number }
  | { readonly op: 'mkdir'; readonly name: string; readonly mode: number }
  | { readonly op: 'unlink' | 'rmdir'; readonly name: string }
  | {
      readonly op: 'rename';
      readonly name: string;
      readonly newParent: number;
      readonly newName: string;
      /** `RENAME_NOREPLACE` 1, `RENAME_EXCHANGE` 2, `RENAME_WHITEOUT` 4. */
      readonly flags: number;
    }
  /** Would change bytes or attributes: SETATTR, WRITE, CREATE, MKNOD, SYMLINK, LINK, SETXATTR, REMOVEXATTR, FALLOCATE, … */
  | { readonly op: 'write'; readonly opcode: number }
  /** Known, never served: POLL, IOCTL, BMAP, GETLK, SETLK, SETLKW, … */
  | { readonly op: 'unsupported'; readonly opcode: number };

/** One request of the kernel. */
export type FuseRequest = RequestHeader & RequestBody;
/** The request with this name. */
export type RequestOf<Op extends FuseRequest['op']> = FuseRequest & { readonly op: Op };

/** Attributes of a node: `struct fuse_attr`. */
export interface Attributes {
  /** Inode number people see. */
  readonly inode: number;
  readonly size: number;
  readonly modifiedMs: number;
  /** Kind and permissions, as `st_mode`. */
  readonly mode: number;
  readonly links: number;
  readonly uid: number;
  readonly gid: number;
}

/** Answer to LOOKUP and MKDIR: `struct fuse_entry_out`. */
export interface EntryReply {
  /** 0 says: there is nothing of this name, and you may remember that for `entryValidMs`. */
  readonly node: number;
  /** Told apart from an earlier node of the same number. */
  readonly generation: number;
  readonly entryValidMs: number;
  readonly attributesValidMs: number;
  readonly attributes: Attributes;
}

/** Answer to OPEN and OPENDIR: `struct fuse_open_out`. */
export interface OpenReply {
  readonly handle: number;
  /** `FOPEN_*`. */
  readonly flags: number;
}

/** Answer to STATFS: `struct fuse_kstatfs`. */
export interface StatfsReply {
  readonly blockBytes: number;
  readonly blocks: number;
  readonly freeBlocks: number;
  readonly files: number;
  readonly freeFiles: number;
  readonly maxNameBytes: number;
}

/** Answer to INIT: `struct fuse_init_out`. */
export interface InitReply {
  readonly major: number;
  readonly minor: number;
  readonly maxReadAheadBytes: number;
  readonly flags: bigint;
  readonly maxBackground: number;
  readonly congestionThreshold: number;
  readonly maxWriteBytes: number;
  readonly timeGranularityNs: number;
  readonly maxPages: number;
}

/** One name of a folder: `struct fuse_dirent`, and with `entry` `struct fuse_direntplus`. */
export interface FolderItem {
  readonly name: string;
  readonly inode: number;
  readonly kind: 'file' | 'folder' | 'link';
  /** Where the listing goes on after this one. */
  readonly nextOffset: number;
  /** What LOOKUP would answer; only for READDIRPLUS. `node: 0` tells the kernel nothing beyond the name. */
  readonly entry?: EntryReply | undefined;
}
