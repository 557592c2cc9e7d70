import type { FileHandle, FileSegment } from '../model/catalog.js';
import type { RequestOptions } from '../model/common.js';

/** How content is opened. */
export interface OpenContentOptions extends RequestOptions {
  /** The path it is opened by, for events and errors. */
  readonly path: string;
  /** To be called once when the handle was closed. */
  readonly closed: () => void;
}

/** What is behind a file name of the catalog: something with a size that can be found out and bytes that can be read. */
export interface FileContent {
  /** The release it came from. */
  readonly releaseId?: string | undefined;
  /** What tells it from any other content, the same whenever it is added again: ids are made of it. */
  readonly identity?: string | undefined;
  /** When it was posted or added, in milliseconds since 1970. */
  readonly modifiedMs: number;
  /** Exact size in bytes, once known. Until then the file is not listed. */
  readonly size: number | undefined;
  /** Strong validator; asked for only when the size is known. */
  readonly etag: string;
  /** Counts up from 1 when the bytes change. */
  readonly version: number;
  /** Finds the size out. @throws LayoutUnknownError */
  resolve(options: RequestOptions & { readonly path: string }): Promise<void>;
  /** Opens it; asked for only when the size is known. */
  open(options: OpenContentOptions): Promise<FileHandle>;
  /** Which articles hold which bytes, as far as it is known; asked for only when the size is known. Fetches nothing. */
  segments(options: RequestOptions): Promise<readonly FileSegment[]>;
  /** Its last name was removed. */
  forgotten?(): void;
}
