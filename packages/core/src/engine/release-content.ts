import type { Decoders } from '../archive/codec/decoders.js';
import type { FileContent, OpenContentOptions } from '../catalog/file-content.js';
import { fileSegments } from '../catalog/file-segments.js';
import { FileChangedError } from '../errors/index.js';
import type { SegmentFetcher } from '../fetch/segment-fetcher.js';
import type { ResolveOptions } from '../import/posted-volume.js';
import type { ByteSource } from '../model/byte-source.js';
import type { FileSegment } from '../model/catalog.js';
import type { OpenFile } from '../open/file-handle.js';
import type { HeldBytes } from './posted-bytes.js';

/** Makes a handle over a source; `closed` is called once when it was closed. */
export type OpenHandle = (request: {
  readonly source: ByteSource;
  readonly path: string;
  readonly closed: () => void;
}) => OpenFile;

/** What the contents of a release are read with. */
export interface ReadingHost {
  /** Who gets articles. */
  readonly fetcher: SegmentFetcher;
  /** Who makes handles. */
  readonly openHandle: OpenHandle;
  /** Who unpacks. */
  readonly decoders: Decoders;
}

/** What contents tell their release. */
export interface ContentOwner {
  /** The release. */
  readonly id: string;
  /** When the release was added, in milliseconds since 1970. */
  readonly addedMs: number;
  /** The bytes became others, and the size is known again. */
  changed(content: ReleaseContent, fromVersion: number): void;
  /** Its last name was removed from the catalog. */
  forgotten(content: ReleaseContent): void;
}

/** What is behind a file name of a release: its handles and its versions. */
export abstract class ReleaseContent implements FileContent {
  readonly releaseId: string;
  abstract readonly identity: string;
  abstract readonly modifiedMs: number;
  readonly #owner: ContentOwner;
  readonly #host: ReadingHost;
  readonly #handles = new Map<OpenFile, string>();
  #version = 1;

  constructor(owner: ContentOwner, host: ReadingHost) {
    this.releaseId = owner.id;
    this.#owner = owner;
    this.#host = host;
  }

  get version(): number {
    return this.#version;
  }

  abstract get size(): number | undefined;

  abstract get etag(): string;

  abstract resolve(options: ResolveOptions & { readonly path: string }): Promise<void>;

  /** The bytes, to be given back. */
  protected abstract hold(): HeldBytes;

  async open({ path, closed }: OpenContentOptions): Promise<OpenFile> {
    const held = this.hold();
    const over = () => {
      this.#handles.delete(handle);
      held.release();
      closed();
    };
    const handle: OpenFile = this.#host.openHandle({ source: held.source, path, closed: over });
    this.#handles.set(handle, path);
    return handle;
  }

  async segments(): Promise<readonly FileSegment[]> {
    const held = this.hold();
    try {
      return fileSegments(held.source);
    } finally {
      held.release();
    }
  }

  forgotten(): void {
    this.#owner.forgotten(this);
  }

  /** The bytes are not what they were taken for: whoever reads them is told. */
  fail(): void {
    for (const [handle, path] of [...this.#handles]) handle.fail(new FileChangedError({ path }));
  }

  /** The bytes are known again, and are others. */
  protected renewed(): void {
    this.#version++;
    this.#owner.changed(this, this.#version - 1);
  }
}
