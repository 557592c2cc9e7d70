import { errno } from './errno.js';
import { GETATTR_FH, initFlags } from './flags.js';
import type { ForgottenNode, FuseRequest, RequestHeader, RequestOf } from './messages.js';
import type { RequestCursor } from './request-cursor.js';

/** Reads the body of a request whose struct is known to be complete. @throws MalformedRequest */
export type Decode = (body: RequestCursor, header: RequestHeader, opcode: number) => FuseRequest;

/** Changes bytes or attributes: refused whole, so its body is not read. */
export const write: Decode = (_body, header, opcode) => ({ ...header, op: 'write', opcode });
/** Served by nobody here, so its body is not read. */
export const unsupported: Decode = (_body, header, opcode) => ({ ...header, op: 'unsupported', opcode });

export const named =
  (op: 'lookup' | 'unlink' | 'rmdir'): Decode =>
  (body, header) => ({ ...header, op, name: body.name() });

/** `struct fuse_open_in`. */
export const opening =
  (op: 'open' | 'opendir'): Decode =>
  (body, header) => ({ ...header, op, flags: body.u32() });

/** `struct fuse_release_in`, `fuse_flush_in`, `fuse_fsync_in`: a handle first, and nothing else of interest. */
export const ofHandle =
  (op: 'release' | 'releasedir' | 'flush' | 'fsync' | 'fsyncdir'): Decode =>
  (body, header) => ({ ...header, op, handle: body.u64() });

/** `struct fuse_read_in`. */
export const listing =
  (op: 'readdir' | 'readdirplus'): Decode =>
  (body, header) => ({ ...header, op, handle: body.u64(), offset: body.u64(), size: body.u32() });

/** `struct fuse_read_in`; between `size` and `flags` lie `read_flags` and `lock_owner`. */
export const read: Decode = (body, header) => ({
  ...header,
  op: 'read',
  handle: body.u64(),
  offset: body.u64(errno.EOVERFLOW),
  size: body.u32(),
  flags: body.skip(12).u32(),
});

/** `struct fuse_getattr_in`. */
export const getattr: Decode = (body, header) => {
  const withHandle = (body.u32() & GETATTR_FH) !== 0;
  return { ...header, op: 'getattr', handle: withHandle ? body.skip(4).u64() : undefined };
};

/**
 * `struct fuse_init_in`. Before 7.36 it ends after `flags`; of a kernel with another major only the version is known to
 * be where it is.
 */
export const init: Decode = (body, header) => {
  const major = body.u32();
  const minor = body.u32();
  const maxReadAheadBytes = body.left >= 4 ? body.u32() : 0;
  const low = body.left >= 4 ? BigInt(body.u32()) : 0n;
  const high = (low & initFlags.INIT_EXT) !== 0n && body.left >= 4 ? BigInt(body.u32()) : 0n;
  return { ...header, op: 'init', major, minor, maxReadAheadBytes, flags: low | (high << 32n) };
};

/** `struct fuse_forget_in`. */
export const forget: Decode = (body, header) => ({
  ...header,
  op: 'forget',
  forgotten: [{ node: header.node, lookups: body.u64() }],
});

/** `struct fuse_batch_forget_in` and as many `struct fuse_forget_one` as it says. */
export const batchForget: Decode = (body, header) => {
  const count = body.u32();
  body.skip(4);
  if (count * 16 > body.left) throw body.refuse('fewer nodes follow than are counted', errno.EINVAL);
  const forgotten: ForgottenNode[] = [];
  for (let index = 0; index < count; index++) forgotten.push({ node: body.u64(), lookups: body.u64() });
  return { ...header, op: 'forget', forgotten };
};

/** `struct fuse_mkdir_in`: `mode`, `umask` (already applied to `mode`), and a name. */
export const mkdir: Decode = (body, header) => {
  const mode = body.u32();
  return { ...header, op: 'mkdir', mode, name: body.skip(4).name() };
};

function renamed(body: RequestCursor, header: RequestHeader, newParent: number, flags: number): RequestOf<'rename'> {
  return { ...header, op: 'rename', newParent, flags, name: body.name(), newName: body.name() };
}
/** `struct fuse_rename_in`. */
export const rename: Decode = (body, header) => renamed(body, header, body.u64(), 0);
/** `struct fuse_rename2_in`. */
export const rename2: Decode = (body, header) => {
  const newParent = body.u64();
  const flags = body.u32();
  return renamed(body.skip(4), header, newParent, flags);
};

/** `struct fuse_getxattr_in`. */
export const getxattr: Decode = (body, header) => {
  const size = body.u32();
  return { ...header, op: 'getxattr', size, name: body.skip(4).text() };
};

/** `struct fuse_lseek_in`. An offset from beyond any file, negative ones included, is what ENXIO is for. */
export const lseek: Decode = (body, header) => ({
  ...header,
  op: 'lseek',
  handle: body.u64(),
  offset: body.u64(errno.ENXIO),
  whence: body.u32(),
});
