import type { ResolvedFuseOptions } from '../options.js';
import { initFlags } from '../protocol/flags.js';
import type { WantedConnection } from '../protocol/negotiate.js';

/** Largest READ that is asked for, in bytes: what `max_pages` allows with pages of 4 KiB. */
export const maxReadBytes = 1024 * 1024;

/**
 * What the connection should be able to do. Reads run in parallel and a megabyte long; listings come with attributes;
 * folders are read by several at a time. Pages are dropped when a size or date changes, besides being dropped by notices:
 * without EXPLICIT_INVAL_DATA a notice that is lost costs nothing. Left out are ASYNC_DIO, with which a reader past the
 * page cache waits where no signal reaches it (`fuse_direct_IO` in `fs/fuse/file.c`), and READDIRPLUS_AUTO: `find` and
 * media servers list all of a folder before they look at its first file, which the kernel takes for no interest in
 * attributes (`fuse_use_readdirplus` in `fs/fuse/readdir.c`) and pays for with a LOOKUP for each.
 */
const flags =
  initFlags.ASYNC_READ |
  initFlags.MAX_PAGES |
  initFlags.AUTO_INVAL_DATA |
  initFlags.DO_READDIRPLUS |
  initFlags.PARALLEL_DIROPS |
  initFlags.EXPORT_SUPPORT |
  initFlags.CACHE_SYMLINKS;

/** What INIT is to agree on. Nothing is ever written, so writes may be as small as the kernel likes them. */
export function wantedConnection({ readAheadBytes, maxBackground }: ResolvedFuseOptions): WantedConnection {
  return {
    flags,
    maxReadAheadBytes: readAheadBytes,
    maxBackground,
    maxWriteBytes: 4096,
    maxPages: maxReadBytes / 4096,
  };
}
