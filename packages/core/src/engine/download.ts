import { resolve } from 'node:path';
import { AccessError } from '../errors/index.js';
import type { Catalog, Entry } from '../model/catalog.js';
import type { RequestOptions } from '../model/common.js';
import { throwIfAborted } from '../util/signals.js';
import { PartFile } from './part-file.js';

/** How far a download is. */
export interface DownloadProgress {
  /** Bytes on the disk, those of earlier attempts included. */
  readonly writtenBytes: number;
  /** Size of the file in bytes. */
  readonly totalBytes: number;
  /** Bytes that were there already when it began. */
  readonly resumedBytes: number;
}

/** How a file is downloaded. */
export interface DownloadOptions extends RequestOptions {
  /** Goes on where an earlier attempt at the same bytes ended. @default true */
  readonly resume?: boolean | undefined;
  /** Called after each write. What it throws ends the download. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Whose bytes these are, for accounting. @default 'download' */
  readonly label?: string | undefined;
}

/** What a download left behind. */
export interface DownloadResult {
  /** The entry as it was read. */
  readonly entry: Entry;
  /** Absolute path of the file on disk. */
  readonly file: string;
  /** Bytes that did not have to be fetched again. */
  readonly resumedBytes: number;
}

/** Files being written by this process: two downloads into one part would mix. */
const busy = new Set<string>();

/**
 * Writes a file of the catalog to the disk. Only verified bytes are written, to `<file>.part` (with `<file>.part.etag`
 * beside it), which is renamed when it is complete and safely on the disk; an existing file is replaced then. After a
 * failure or an abort the part stays, and the next download of the same bytes goes on from there.
 * @throws FileNotFoundError when there is no such entry
 * @throws AccessError when the disk refuses (the cause says why), or this process is writing that file already
 * @throws FileChangedError when the bytes changed meanwhile
 * @throws as reading does
 */
export async function download(
  from: Catalog | { readonly library: Catalog },
  path: string,
  file: string,
  options: DownloadOptions = {},
): Promise<DownloadResult> {
  throwIfAborted(options.signal);
  const target = resolve(file);
  if (busy.has(target)) throw new AccessError({ path: target, message: `${target} is being written already` });
  busy.add(target);
  const part = new PartFile(target);
  try {
    const catalog = 'library' in from ? from.library : from;
    const entry = await catalog.stat(path, options);
    const resumedBytes = await part.open(entry, options.resume ?? true);
    await copyRest({ catalog, entry, part, resumedBytes, options });
    throwIfAborted(options.signal);
    await part.finish();
    return { entry, file: target, resumedBytes };
  } finally {
    await part.close().catch(() => {});
    busy.delete(target);
  }
}

async function copyRest(work: {
  readonly catalog: Catalog;
  readonly entry: Entry;
  readonly part: PartFile;
  readonly resumedBytes: number;
  readonly options: DownloadOptions;
}): Promise<void> {
  const { catalog, entry, part, resumedBytes, options } = work;
  const { signal, label = 'download' } = options;
  const handle = await catalog.open(entry.path, { signal });
  let writtenBytes = resumedBytes;
  try {
    // Verified, because what is written must still be right when the read behind it fails.
    const range = { start: resumedBytes, end: entry.size };
    for await (const lease of handle.lendStream(range, { signal, label, integrity: 'verified' })) {
      try {
        await part.write(lease.bytes);
      } finally {
        lease.release();
      }
      writtenBytes += lease.bytes.length;
      options.onProgress?.({ writtenBytes, totalBytes: entry.size, resumedBytes });
    }
  } finally {
    await handle.close();
  }
}
