import { type ErrorCode, NewsreelError } from '@newsreel/core';
import { type ErrnoName, errno } from './protocol/errno.js';

/** Total: a new error code does not compile until it is answered here. */
export const errnoOfCode: Readonly<Record<ErrorCode, ErrnoName>> = {
  ERR_ARTICLE_MISSING: 'EIO',
  ERR_ARTICLE_CORRUPT: 'EIO',
  ERR_PROVIDER_UNAVAILABLE: 'EIO',
  ERR_PROVIDER_AUTH: 'EACCES',
  ERR_TIMEOUT: 'ETIMEDOUT',
  ERR_QUOTA: 'EDQUOT',
  ERR_NZB_INVALID: 'EINVAL',
  ERR_FILE_NOT_FOUND: 'ENOENT',
  ERR_RANGE_INVALID: 'EINVAL',
  ERR_CONFIG_INVALID: 'EINVAL',
  ERR_FILE_CHANGED: 'ESTALE',
  ERR_LAYOUT_UNKNOWN: 'EAGAIN',
  ERR_ARCHIVE_UNSUPPORTED: 'ENOTSUP',
  ERR_PASSWORD: 'EACCES',
  ERR_LISTEN: 'EIO',
  ERR_MOUNT_UNAVAILABLE: 'EIO',
  ERR_ACCESS: 'EACCES',
  ERR_CLOSED: 'ESHUTDOWN',
};

/** Ends a request with an error number that no failure of the engine stands for. Never leaves the package. */
export class Refusal extends Error {
  /** What the caller is told. */
  readonly errno: number;

  constructor(name: ErrnoName) {
    super(name);
    this.name = 'Refusal';
    this.errno = errno[name];
  }
}

/** What a program is told about any failure: EIO for what nobody has foreseen. */
export function errnoOf(error: unknown): number {
  if (error instanceof Refusal) return error.errno;
  if (!NewsreelError.isInstance(error)) return errno.EIO;
  // An error of a newer core may carry a code this table has never heard of.
  const name: ErrnoName | undefined = errnoOfCode[error.code];
  return errno[name ?? 'EIO'];
}

const names = new Map<number, string>(Object.entries(errno).map(([name, number]) => [number, name]));

/** Name of an error number, for people. */
export function errnoName(number: number): string {
  return names.get(number) ?? `errno ${number}`;
}
