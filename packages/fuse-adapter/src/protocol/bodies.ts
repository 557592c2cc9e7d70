import { errno } from './errno.js';
import { GETATTR_FH, initFlags } from './flags.js';
import type { ForgottenNode, RequestBody } from './messages.js';
import type { RequestCursor } from './request-cursor.js';

/** Reads the body of a request whose struct is known to be complete. @throws MalformedRequest */
export type Decode = (body: RequestCursor, opcode: number, node: number) => RequestBody;

/** Changes bytes or attributes: refused whole, so its body is not read. */
export const write: Decode = (_body, opcode) => ({ op: 'write', opcode });
/** Served by nobody here, so its body is not read. */
export const unsupported: Decode = (_body, opcode) => ({ op: 'unsupported', opcode });

/** A name in the folder of the header, and nothing else. */
export const named =
  (op: 'lookup' | 'unlink' | 'rmdir'): Decode =>
  (body) => ({ op, name: body.name() });

/** `struct fuse_open_in`. */
export const opening =
  (op: 'open' | 'opendir'): Decode =>
  (body) => ({ op, flags: body.u32() });

/** `struct fuse_release_in`, `fuse_flush_in`, `fuse_fsync_in`: a handle first, and nothing else of interest. */
export const ofHandle =
  (op: 'release' | 'releasedir' | 'flush' | 'fsync' | 'fsyncdir'): Decode =>
  (body) => ({ op, handle: body.u64() });

/** `struct fuse_read_in`. */
export const listing =
  (op: 'readdir' | 'readdirplus'): Decode =>
  (body) => ({ op, handle: body.u64(), offset: body.u64(), size: body.u32() });

/** `struct fuse_read_in`; between `size` and `flags` lie `read_flags` and `lock_owner`. */
export const read: Decode = (body) => ({
  op: 'read',
  handle: body.u64(),
  offset: body.u64(errno.EOVERFLOW),
  size: body.u32(),
  flags: body.skip(12).u32(),
});

/** `struct fuse_getattr_in`. */
export const getattr: Decode = (body) => {
  const withHandle = (body.u32() & GETATTR_FH) !== 0;
  return { op: 'getattr', handle: withHandle ? body.skip(4).u64() : undefined };
};

/**
 * `struct fuse_init_in`. Before 7.36 it ends after `flags`; of a kernel with another major only the version is known to
 * be where it is.
 */
export const init: Decode = (body) => {
  const major = body.u32();
  const minor = body.u32();
  const maxReadAheadBytes = body.left >= 4 ? body.u32() : 0;
  const low = body.left >= 4 ? BigInt(body.u32()) : 0n;
  const high = (low & initFlags.INIT_EXT) !== 0n && body.left >= 4 ? BigInt(body.u32()) : 0n;
  return { op: 'init', major, minor, maxReadAheadBytes, flags: low | (high << 32n) };
};

/** `struct fuse_forget_in`. */
export const forget: Decode = (body, _opcode, node) => ({ op: 'forget', forgotten: [{ node, lookups: body.u64() }] });

/** `struct fuse_batch_forget_in` and as many `struct fuse_forget_one` as it says. */
export const batchForget: Decode = (body) => {
  const count = body.u32();
  body.skip(4);
  if (count * 16 > body.left) throw body.refuse('fewer nodes follow than are counted', errno.EINVAL);
  const forgotten: ForgottenNode[] = [];
  for (let index = 0; index < count; index++) forgotten.push({ node: body.u64(), lookups: body.u64() });
  return { op: 'forget', forgotten };
};

/** `struct fuse_mkdir_in`: `mode`, `umask` (already applied to `mode`), and a name. */
export const mkdir: Decode = (body) => {
  const mode = body.u32();
  return { op: 'mkdir', mode, name: body.skip(4).name() };
};

function renamed(body: RequestCursor, newParent: number, flags: number): RequestBody {
  return { op: 'rename', newParent, flags, name: body.name(), newName: body.name() };
}
/** `struct fuse_rename_in`. */
export const rename: Decode = (body) => renamed(body, body.u64(), 0);
/** `struct fuse_rename2_in`. */
export const rename2: Decode = (body) => {
  const newParent = body.u64();
  const flags = body.u32();
  return renamed(body.skip(4), newParent, flags);
};

/** `struct fuse_getxattr_in`. */
export const getxattr: Decode = (body) => {
  const size = body.u32();
  return { op: 'getxattr', size, name: body.skip(4).text() };
};

/** `struct fuse_lseek_in`. An offset from beyond any file, negative ones included, is what ENXIO is for. */
export const lseek: Decode = (body) => ({
  op: 'lseek',
  handle: body.u64(),
  offset: body.u64(errno.ENXIO),
  whence: body.u32(),
});
