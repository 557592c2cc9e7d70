import type { FuseRequest } from '../protocol/messages.js';
import { done, refused } from './answer.js';
import { access, getattr, statfs } from './attributes/attributes.js';
import { getxattr, listxattr } from './attributes/extended.js';
import { mkdir, rename, rmdir, unlink } from './edits/edits.js';
import { open, release } from './files/open.js';
import { lseek, read } from './files/read.js';
import { opendir, readdir, readdirplus, releasedir } from './folders/folder-operations.js';
import { lookup } from './nodes/lookup.js';
import type { Operation } from './service.js';

/** Requests that are about the connection itself, or never answered: the session sees to them. */
export type SessionOp = 'init' | 'destroy' | 'forget' | 'interrupt';
/** Requests that are answered from the catalog. */
export type ServedOp = Exclude<FuseRequest['op'], SessionOp>;

/** Every request has an answer. */
export const operations: { readonly [Op in ServedOp]: Operation<Op> } = {
  lookup,
  getattr,
  access,
  // The catalog has no links.
  readlink: () => refused('EINVAL'),
  open,
  read,
  flush: () => done,
  release,
  fsync: () => done,
  lseek,
  opendir,
  readdir,
  readdirplus,
  releasedir,
  fsyncdir: () => done,
  statfs,
  getxattr,
  listxattr,
  mkdir,
  unlink,
  rmdir,
  rename,
  write: () => refused('EROFS'),
  // The kernel asks for none of these again: it does without, or says so itself.
  unsupported: () => refused('ENOSYS'),
};

/** Those for which the kernel holds the lock of the folder until they are answered. */
export const lockingOps: ReadonlySet<FuseRequest['op']> = new Set([
  'lookup',
  'readdir',
  'readdirplus',
  'mkdir',
  'unlink',
  'rmdir',
  'rename',
] as const);
