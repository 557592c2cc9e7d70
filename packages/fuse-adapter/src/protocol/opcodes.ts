import {
  batchForget,
  type Decode,
  forget,
  getattr,
  getxattr,
  init,
  listing,
  lseek,
  mkdir,
  named,
  ofHandle,
  opening,
  read,
  rename,
  rename2,
  unsupported,
  write,
} from './bodies.js';

/** What is known of one opcode. */
export interface Opcode {
  /** The kernel's name, without `FUSE_`. */
  readonly name: string;
  /** Length of the struct the body begins with, in bytes, and of the NULs of the names after it. */
  readonly minimumBytes: number;
  /** `false` for those the kernel wants no reply to. */
  readonly answered: boolean;
  readonly decode: Decode;
}

const row = (name: string, minimumBytes: number, decode: Decode): Opcode => ({
  name,
  minimumBytes,
  answered: true,
  decode,
});
const unanswered = (opcode: Opcode): Opcode => ({ ...opcode, answered: false });

/** Every opcode of protocol 7.41, and those after it that are known (`enum fuse_opcode`). */
export const opcodes: Readonly<Record<number, Opcode>> = {
  1: row('LOOKUP', 1, named('lookup')),
  2: unanswered(row('FORGET', 8, forget)),
  3: row('GETATTR', 16, getattr),
  4: row('SETATTR', 0, write),
  5: row('READLINK', 0, () => ({ op: 'readlink' })),
  6: row('SYMLINK', 0, write),
  8: row('MKNOD', 0, write),
  9: row('MKDIR', 9, mkdir),
  10: row('UNLINK', 1, named('unlink')),
  11: row('RMDIR', 1, named('rmdir')),
  12: row('RENAME', 10, rename),
  13: row('LINK', 0, write),
  14: row('OPEN', 8, opening('open')),
  15: row('READ', 40, read),
  16: row('WRITE', 0, write),
  17: row('STATFS', 0, () => ({ op: 'statfs' })),
  18: row('RELEASE', 24, ofHandle('release')),
  20: row('FSYNC', 16, ofHandle('fsync')),
  21: row('SETXATTR', 0, write),
  22: row('GETXATTR', 9, getxattr),
  23: row('LISTXATTR', 8, (body) => ({ op: 'listxattr', size: body.u32() })),
  24: row('REMOVEXATTR', 0, write),
  25: row('FLUSH', 24, ofHandle('flush')),
  26: row('INIT', 8, init),
  27: row('OPENDIR', 8, opening('opendir')),
  28: row('READDIR', 40, listing('readdir')),
  29: row('RELEASEDIR', 24, ofHandle('releasedir')),
  30: row('FSYNCDIR', 16, ofHandle('fsyncdir')),
  31: row('GETLK', 0, unsupported),
  32: row('SETLK', 0, unsupported),
  33: row('SETLKW', 0, unsupported),
  34: row('ACCESS', 8, (body) => ({ op: 'access', mask: body.u32() })),
  35: row('CREATE', 0, write),
  36: unanswered(row('INTERRUPT', 8, (body) => ({ op: 'interrupt', interrupted: body.u64() }))),
  37: row('BMAP', 0, unsupported),
  38: row('DESTROY', 0, () => ({ op: 'destroy' })),
  39: row('IOCTL', 0, unsupported),
  40: row('POLL', 0, unsupported),
  41: unanswered(row('NOTIFY_REPLY', 0, unsupported)),
  42: unanswered(row('BATCH_FORGET', 8, batchForget)),
  43: row('FALLOCATE', 0, write),
  44: row('READDIRPLUS', 40, listing('readdirplus')),
  45: row('RENAME2', 18, rename2),
  46: row('LSEEK', 24, lseek),
  47: row('COPY_FILE_RANGE', 0, write),
  48: row('SETUPMAPPING', 0, unsupported),
  49: row('REMOVEMAPPING', 0, unsupported),
  50: row('SYNCFS', 0, unsupported),
  51: row('TMPFILE', 0, write),
  52: row('STATX', 0, unsupported),
  53: row('COPY_FILE_RANGE_64', 0, write),
};

/** What stands for an opcode nobody knows. */
export const unknownOpcode: Opcode = row('UNKNOWN', 0, unsupported);
