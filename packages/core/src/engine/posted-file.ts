import { createHash } from 'node:crypto';
import type { FileContent, OpenContentOptions } from '../catalog/file-content.js';
import { fileSegments } from '../catalog/file-segments.js';
import { FileChangedError, hasCode, LayoutUnknownError } from '../errors/index.js';
import type { SegmentFetcher } from '../fetch/segment-fetcher.js';
import type { LayoutFacts } from '../files/layout-facts.js';
import { openSegmentedSource, resolveLayout } from '../files/open-segmented-source.js';
import type { SegmentedSource } from '../files/segmented-source.js';
import type { FileSegment } from '../model/catalog.js';
import type { Lane, RequestOptions } from '../model/common.js';
import type { NzbFile } from '../model/nzb.js';
import type { OpenFile } from '../open/file-handle.js';
import { throwIfAborted } from '../util/signals.js';

/** Makes a handle over a source; `closed` is called once when it was closed. */
export type OpenHandle = (request: {
  readonly source: SegmentedSource;
  readonly path: string;
  readonly closed: () => void;
}) => OpenFile;

/** What posted files are read with. */
export interface PostedFileHost {
  /** Who gets articles. */
  readonly fetcher: SegmentFetcher;
  /** Who makes handles. */
  readonly openHandle: OpenHandle;
}

/** What a posted file tells its release. */
export interface PostedFileOwner {
  /** The release. */
  readonly id: string;
  /** When the release was added, in milliseconds since 1970. */
  readonly addedMs: number;
  /** The size became known, and with it the name the articles give. */
  resolved(file: PostedFile, nameInArticles: string): void;
  /** Reading proved that the size was wrong, and with it the bytes: it has to be found out anew. */
  contradicted(file: PostedFile): void;
  /** The size was found out anew. */
  changed(file: PostedFile, fromVersion: number): void;
  /** Its last name was removed from the catalog. */
  forgotten(file: PostedFile): void;
}

/** One file of a release as content of the catalog: its size is found out once and remembered. */
export class PostedFile implements FileContent {
  readonly nzbFile: NzbFile;
  readonly releaseId: string;
  readonly identity: string;
  readonly modifiedMs: number;
  readonly #owner: PostedFileOwner;
  readonly #host: PostedFileHost;
  #facts: LayoutFacts | undefined;
  #etag: string | undefined;
  /** Shared by the handles that are open, so that what one learns about the layout serves them all. */
  #source: SegmentedSource | undefined;
  readonly #handles = new Map<OpenFile, string>();
  #version = 1;
  /** Whether a size that was announced turned out wrong and the right one is not known yet. */
  #isContradicted = false;

  constructor(nzbFile: NzbFile, owner: PostedFileOwner, host: PostedFileHost) {
    this.nzbFile = nzbFile;
    this.releaseId = owner.id;
    this.identity = `${nzbFile.segments[0]?.id} ${nzbFile.segments.length}`;
    this.modifiedMs = nzbFile.postedMs > 0 ? nzbFile.postedMs : owner.addedMs;
    this.#owner = owner;
    this.#host = host;
  }

  get version(): number {
    return this.#version;
  }

  get size(): number | undefined {
    return this.#facts?.size;
  }

  /** Made of what determines the bytes: which articles, in which order, and how many bytes in all. */
  get etag(): string {
    this.#etag ??= etagOf(this.nzbFile, this.size ?? 0);
    return this.#etag;
  }

  async resolve(options: RequestOptions & { readonly path: string; readonly lane?: Lane | undefined }): Promise<void> {
    const { path, lane, signal } = options;
    if (this.#facts !== undefined) return;
    let nameInArticles = '';
    const fetcher = overhearing(this.#host.fetcher, (name) => {
      nameInArticles ||= name;
    });
    try {
      const witness = this.#isContradicted ? 'last' : 'first';
      const facts = await resolveLayout({
        file: this.nzbFile,
        affinity: this.releaseId,
        fetcher,
        lane,
        signal,
        witness,
      });
      // Somebody else may have been quicker; the first answer stands.
      if (this.#facts !== undefined) return;
      this.#facts = facts;
    } catch (cause) {
      throwIfAborted(signal);
      if (hasCode(cause, 'ERR_CLOSED')) throw cause;
      throw new LayoutUnknownError({ path, cause });
    }
    if (this.#isContradicted) this.#renewed();
    else this.#owner.resolved(this, nameInArticles);
  }

  async open({ path, closed, signal }: OpenContentOptions): Promise<OpenFile> {
    const source = await this.#sharedSource(signal);
    const handle = this.#host.openHandle({
      source,
      path,
      closed: () => {
        this.#handles.delete(handle);
        if (this.#handles.size === 0) this.#putAway();
        closed();
      },
    });
    this.#handles.set(handle, path);
    return handle;
  }

  forgotten(): void {
    this.#owner.forgotten(this);
  }

  /** A source of its own for the moment: only an open file keeps one. */
  async segments({ signal }: RequestOptions): Promise<readonly FileSegment[]> {
    return fileSegments(this.#source ?? (await this.#sourceNow(signal)));
  }

  async #sharedSource(signal: AbortSignal | undefined): Promise<SegmentedSource> {
    if (this.#source !== undefined) return this.#source;
    const source = await this.#sourceNow(signal);
    // Somebody else may have been quicker.
    this.#source ??= source;
    return this.#source;
  }

  #sourceNow(signal: AbortSignal | undefined): Promise<SegmentedSource> {
    const { nzbFile: file, releaseId: affinity } = this;
    // With remembered facts this costs no request.
    return openSegmentedSource({
      file,
      affinity,
      fetcher: this.#host.fetcher,
      facts: this.#facts,
      signal,
      contradicted: () => this.#contradict(),
    });
  }

  /** An announced size is a promise: whoever relied on it is told, and the file comes back as another version. */
  #contradict(): void {
    if (this.#isContradicted || this.#facts === undefined) return;
    this.#isContradicted = true;
    this.#facts = undefined;
    this.#source = undefined;
    this.#etag = undefined;
    for (const [handle, path] of [...this.#handles]) handle.fail(new FileChangedError({ path }));
    this.#owner.contradicted(this);
  }

  #renewed(): void {
    this.#isContradicted = false;
    this.#version++;
    this.#owner.changed(this, this.#version - 1);
  }

  #putAway(): void {
    this.#facts = this.#source?.facts() ?? this.#facts;
    this.#source = undefined;
  }
}

/** The same fetcher, overheard for the name that articles give their file. */
function overhearing(fetcher: SegmentFetcher, hear: (name: string) => void): SegmentFetcher {
  const close = () => fetcher.close();
  return {
    async fetch(segment, options) {
      const article = await fetcher.fetch(segment, options);
      hear(article.part?.fileName ?? '');
      return article;
    },
    pieces: (segment, range, options) => fetcher.pieces(segment, range, options),
    prefetch: (segment, options) => fetcher.prefetch(segment, options),
    isCachedOrInFlight: (id) => fetcher.isCachedOrInFlight(id),
    prefer: (segments) => fetcher.prefer(segments),
    stats: () => fetcher.stats(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function etagOf(file: NzbFile, size: number): string {
  const articles = file.segments.map(({ id, number }) => `${number} ${id}`).join('\n');
  return createHash('sha256').update(`${size}\n${articles}`).digest('base64url').slice(0, 27);
}
