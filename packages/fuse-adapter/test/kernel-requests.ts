import type { FuseRequest, RequestOf } from '../src/protocol/messages.js';
import { pack, type StructName, sizeOf } from './kernel-structs.js';

type Part = Uint8Array | string;
/** Opcode and body, as the kernel would choose them. Strings are names and get their NUL. */
type Encoding = readonly [opcode: number, ...parts: Part[]];
type Encoders = { readonly [Op in FuseRequest['op']]: (request: RequestOf<Op>) => Encoding };

const encoders: Encoders = {
  lookup: ({ name }) => [1, name],
  forget: ({ node, forgotten }) =>
    node === 0
      ? [
          42,
          pack('fuse_batch_forget_in', { count: forgotten.length }),
          ...forgotten.map((one) => pack('fuse_forget_one', { nodeid: one.node, nlookup: one.lookups })),
        ]
      : [2, pack('fuse_forget_in', { nlookup: forgotten[0]!.lookups })],
  getattr: ({ handle }) => [3, pack('fuse_getattr_in', handle === undefined ? {} : { getattr_flags: 1, fh: handle })],
  readlink: () => [5],
  mkdir: ({ name, mode }) => [9, pack('fuse_mkdir_in', { mode, umask: 0o022 }), name],
  unlink: ({ name }) => [10, name],
  rmdir: ({ name }) => [11, name],
  rename: ({ name, newParent, newName, flags }) =>
    flags === 0
      ? [12, pack('fuse_rename_in', { newdir: newParent }), name, newName]
      : [45, pack('fuse_rename2_in', { newdir: newParent, flags }), name, newName],
  open: ({ flags }) => [14, pack('fuse_open_in', { flags })],
  read: ({ handle, offset, size, flags }) => [15, pack('fuse_read_in', { fh: handle, offset, size, flags })],
  statfs: () => [17],
  release: ({ handle }) => [18, pack('fuse_release_in', { fh: handle })],
  fsync: ({ handle }) => [20, pack('fuse_fsync_in', { fh: handle })],
  getxattr: ({ name, size }) => [22, pack('fuse_getxattr_in', { size }), name],
  listxattr: ({ size }) => [23, pack('fuse_getxattr_in', { size })],
  flush: ({ handle }) => [25, pack('fuse_flush_in', { fh: handle, lock_owner: 2n ** 64n - 1n })],
  init: ({ major, minor, maxReadAheadBytes, flags }) => {
    const values = { major, minor, max_readahead: maxReadAheadBytes, flags: flags & 0xffff_ffffn };
    if (minor < 36) return [26, pack('fuse_init_in_before_7_36', values)];
    return [26, pack('fuse_init_in', { ...values, flags2: flags >> 32n })];
  },
  opendir: ({ flags }) => [27, pack('fuse_open_in', { flags })],
  readdir: ({ handle, offset, size }) => [28, pack('fuse_read_in', { fh: handle, offset, size })],
  readdirplus: ({ handle, offset, size }) => [44, pack('fuse_read_in', { fh: handle, offset, size })],
  releasedir: ({ handle }) => [29, pack('fuse_release_in', { fh: handle })],
  fsyncdir: ({ handle }) => [30, pack('fuse_fsync_in', { fh: handle })],
  access: ({ mask }) => [34, pack('fuse_access_in', { mask })],
  interrupt: ({ interrupted }) => [36, pack('fuse_interrupt_in', { unique: interrupted })],
  destroy: () => [38],
  lseek: ({ handle, offset, whence }) => [46, pack('fuse_lseek_in', { fh: handle, offset, whence })],
  write: ({ opcode }) => [opcode, ...otherBody(opcode)],
  unsupported: ({ opcode }) => [opcode, ...otherBody(opcode)],
};

/** Bodies of requests that are decoded to no more than their opcode: a struct of zeros and the names after it. */
const otherBodies: Readonly<Record<number, readonly [struct: StructName | undefined, ...names: string[]]>> = {
  4: ['fuse_setattr_in'],
  6: [undefined, 'link', 'target'],
  8: ['fuse_mknod_in', 'name'],
  13: ['fuse_link_in', 'name'],
  16: ['fuse_write_in'],
  21: ['fuse_setxattr_in', 'user.name'],
  24: [undefined, 'user.name'],
  31: ['fuse_lk_in'],
  32: ['fuse_lk_in'],
  33: ['fuse_lk_in'],
  35: ['fuse_create_in', 'name'],
  37: ['fuse_bmap_in'],
  39: ['fuse_ioctl_in'],
  40: ['fuse_poll_in'],
  43: ['fuse_fallocate_in'],
  47: ['fuse_copy_file_range_in'],
  51: ['fuse_create_in', 'name'],
};

function otherBody(opcode: number): Part[] {
  const [struct, ...names] = otherBodies[opcode] ?? [undefined];
  return struct === undefined ? names : [pack(struct), ...names];
}

/** A request as `/dev/fuse` would give it. FORGET with `node: 0` is a BATCH_FORGET; RENAME with flags is a RENAME2. */
export function encodeRequest(request: FuseRequest): Uint8Array {
  const encode = encoders[request.op] as (request: FuseRequest) => Encoding;
  const [opcode, ...parts] = encode(request);
  return encodeRaw(request, opcode, ...parts);
}

/** A request with any opcode and body, well-formed or not; strings become NUL-terminated names. */
export function encodeRaw(
  header: { readonly [Field in 'unique' | 'node' | 'uid' | 'gid' | 'pid']?: number | bigint },
  opcode: number,
  ...parts: readonly (Uint8Array | string)[]
): Uint8Array {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(`${part}\0`) : part)));
  const { unique = 2, node = 1, uid = 0, gid = 0, pid = 0 } = header;
  const len = sizeOf('fuse_in_header') + body.length;
  return joined([pack('fuse_in_header', { len, opcode, unique, nodeid: node, uid, gid, pid }), body]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
