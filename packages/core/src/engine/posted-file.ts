import { createHash } from 'node:crypto';
import type { ResolveOptions } from '../import/posted-volume.js';
import type { NzbFile } from '../model/nzb.js';
import type { HeldBytes, PostedBytes } from './posted-bytes.js';
import { type ContentOwner, type ReadingHost, ReleaseContent } from './release-content.js';

/** What a posted file tells its release. */
export interface PostedFileOwner extends ContentOwner {
  /** The size became known, and with it the name the articles give. */
  resolved(file: PostedFile): void;
}

/** One posted file of a release as content of the catalog. */
export class PostedFile extends ReleaseContent {
  readonly bytes: PostedBytes;
  readonly identity: string;
  readonly modifiedMs: number;
  readonly #owner: PostedFileOwner;
  #etag: string | undefined;
  #isContradicted = false;

  constructor(bytes: PostedBytes, owner: PostedFileOwner, host: ReadingHost) {
    super(owner, host);
    const { nzbFile } = bytes;
    this.bytes = bytes;
    this.identity = `${nzbFile.segments[0]?.id} ${nzbFile.segments.length}`;
    this.modifiedMs = nzbFile.postedMs > 0 ? nzbFile.postedMs : owner.addedMs;
    this.#owner = owner;
  }

  /** As the NZB lists it. */
  get nzbFile(): NzbFile {
    return this.bytes.nzbFile;
  }

  get size(): number | undefined {
    return this.bytes.facts?.size;
  }

  /** Made of what determines the bytes: which articles, in which order, and how many bytes in all. */
  get etag(): string {
    this.#etag ??= etagOf(this.nzbFile, this.size ?? 0);
    return this.#etag;
  }

  async resolve(options: ResolveOptions & { readonly path: string }): Promise<void> {
    if (this.size !== undefined) return;
    await this.bytes.resolve(options);
    if (this.#isContradicted) {
      this.#isContradicted = false;
      this.renewed();
    } else this.#owner.resolved(this);
  }

  /** An announced size is a promise: whoever relied on it is told, and the file comes back as another version. */
  contradicted(): void {
    this.#isContradicted = true;
    this.#etag = undefined;
    this.fail();
  }

  protected hold(): HeldBytes {
    return this.bytes.hold();
  }
}

function etagOf(file: NzbFile, size: number): string {
  const articles = file.segments.map(({ id, number }) => `${number} ${id}`).join('\n');
  return createHash('sha256').update(`${size}\n${articles}`).digest('base64url').slice(0, 27);
}
