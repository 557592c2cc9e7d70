import { hash } from 'node:crypto';
import { hasCode, LayoutUnknownError } from '../errors/index.js';
import type { SegmentFetcher } from '../fetch/segment-fetcher.js';
import { expectedSource } from '../files/expected-source.js';
import type { LayoutFacts } from '../files/layout-facts.js';
import { resolveLayout, sourceFromFacts } from '../files/open-segmented-source.js';
import type { SegmentedSource } from '../files/segmented-source.js';
import type { Confirm, PostedVolume, ResolveOptions } from '../import/posted-volume.js';
import type { ByteReadOptions, ByteSource } from '../model/byte-source.js';
import type { NzbFile } from '../model/nzb.js';
import { onAbort, throwIfAborted } from '../util/signals.js';

/** What posted bytes are made of. */
export interface PostedBytesParts {
  readonly nzbFile: NzbFile;
  /** Place in the NZB, counted from 0. */
  readonly index: number;
  /** Its articles are likely to live and die with others of this word. */
  readonly affinity: string;
  readonly fetcher: SegmentFetcher;
  /** Told when the size that was believed turned out wrong; it is unknown again by then. */
  readonly contradicted: (bytes: PostedBytes) => void;
}

/** Bytes in somebody's hands. */
export interface HeldBytes {
  readonly source: ByteSource;
  /** Gives them back, once. */
  release(): void;
}

interface Expectation {
  readonly facts: LayoutFacts;
  readonly confirm: Confirm;
}

/**
 * The bytes of one posted file: how many there are, found out once and remembered, and a source that is shared by all who
 * read, so that what one learns about the layout serves them all.
 */
export class PostedBytes implements PostedVolume {
  readonly nzbFile: NzbFile;
  readonly index: number;
  nameInArticles = '';
  readonly #parts: PostedBytesParts;
  #facts: LayoutFacts | undefined;
  #expectation: Expectation | undefined;
  #exact: SegmentedSource | undefined;
  #expected: ByteSource | undefined;
  #holds = 0;
  #digest: string | undefined;
  /** Whether a size that was announced turned out wrong and the right one is not known yet. */
  #isContradicted = false;

  constructor(parts: PostedBytesParts) {
    this.nzbFile = parts.nzbFile;
    this.index = parts.index;
    this.#parts = parts;
  }

  get size(): number | undefined {
    return (this.#facts ?? this.#expectation?.facts)?.size;
  }

  /** Tells which articles it is made of. */
  get digest(): string {
    this.#digest ??= hash('sha256', this.nzbFile.segments.map(({ id, number }) => `${number} ${id}`).join('\n'));
    return this.#digest;
  }

  get facts(): LayoutFacts | undefined {
    return this.#facts;
  }

  async resolve(options: ResolveOptions): Promise<void> {
    const { lane, signal } = options;
    if (this.#facts !== undefined) return;
    const { nzbFile: file } = this;
    const { fetcher, affinity } = this.#parts;
    const witness = this.#isContradicted ? 'last' : 'first';
    try {
      const overheard = overhearing(fetcher, (name) => {
        this.nameInArticles ||= name;
      });
      const facts = await resolveLayout({ file, affinity, fetcher: overheard, lane, signal, witness });
      // Somebody else may have been quicker; the first answer stands.
      this.#facts ??= facts;
      this.#isContradicted = false;
    } catch (cause) {
      throwIfAborted(signal);
      if (hasCode(cause, 'ERR_CLOSED')) throw cause;
      throw new LayoutUnknownError({ path: options.path ?? (file.nameHint || file.subject), cause });
    }
  }

  bringEnd({ lane, signal }: ResolveOptions): void {
    const last = this.nzbFile.segments.at(-1);
    if (last === undefined) return;
    const { fetcher, affinity } = this.#parts;
    const segment = { id: last.id, range: { start: 0, end: 0 }, exact: false, expectedBytes: last.bytes, affinity };
    const prefetch = fetcher.prefetch(segment, { lane });
    const unlink = onAbort(signal, () => prefetch.cancel());
    void prefetch.done.then(unlink);
  }

  expect(facts: LayoutFacts, confirm: Confirm): void {
    if (this.#facts !== undefined) return;
    this.#expectation = { facts, confirm };
    this.#expected = undefined;
  }

  /** Looks whether it is what is expected, when it is only expected. */
  async confirm(options: Parameters<Confirm>[0]): Promise<void> {
    if (this.#facts === undefined) await this.#expectation?.confirm(options);
  }

  /** Its bytes. They stay as they are for as long as anybody holds them. @throws LayoutUnknownError when there is no size */
  hold(): HeldBytes {
    const source = this.source();
    this.#holds++;
    let isHeld = true;
    const release = () => {
      if (!isHeld) return;
      isHeld = false;
      this.#holds--;
      if (this.#holds === 0) this.#putAway();
    };
    return { source, release };
  }

  source(): ByteSource {
    if (this.#facts !== undefined) return this.#exactSource(this.#facts);
    const { nzbFile: file } = this;
    if (this.#expectation === undefined) throw new LayoutUnknownError({ path: file.nameHint || file.subject });
    this.#expected ??= this.#expectedSource(this.#expectation);
    return this.#expected;
  }

  /** Reading, or somebody who looked closer, proved that the size believed so far is wrong. */
  contradict(): void {
    if (this.#isContradicted || this.size === undefined) return;
    this.#isContradicted = this.#facts !== undefined;
    this.#facts = undefined;
    this.#expectation = undefined;
    this.#exact = undefined;
    this.#expected = undefined;
    this.#parts.contradicted(this);
  }

  #exactSource(facts: LayoutFacts): SegmentedSource {
    const { nzbFile: file } = this;
    const { fetcher, affinity } = this.#parts;
    const contradicted = () => this.contradict();
    this.#exact ??= sourceFromFacts({ file, affinity, fetcher, facts, contradicted });
    return this.#exact;
  }

  #expectedSource({ facts, confirm }: Expectation): ByteSource {
    const { nzbFile: file } = this;
    const { fetcher, affinity } = this.#parts;
    const expected = sourceFromFacts({ file, affinity, fetcher, facts });
    const confirmed = async (options: ByteReadOptions) => {
      await confirm(options);
      return this.source();
    };
    return expectedSource({ expected, fetcher, confirm: confirmed });
  }

  #putAway(): void {
    this.#facts = this.#exact?.facts() ?? this.#facts;
    this.#exact = undefined;
    this.#expected = undefined;
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
    isCached: (id) => fetcher.isCached(id),
    isCachedOrInFlight: (id) => fetcher.isCachedOrInFlight(id),
    prefer: (segments) => fetcher.prefer(segments),
    stats: () => fetcher.stats(),
    close,
    [Symbol.asyncDispose]: close,
  };
}
