import { randomUUID } from 'node:crypto';
import pLimit from 'p-limit';
import { z } from 'zod';
import { LibraryView, type LibraryViewOptions } from '../catalog/library-view.js';
import { ClosedError, FileNotFoundError, NewsreelError } from '../errors/index.js';
import type { HealthTarget } from '../health/health-checker.js';
import type { AddOptions, Library, Release } from '../model/catalog.js';
import type { Clock, RequestOptions } from '../model/common.js';
import type { EventSink } from '../model/events.js';
import type { Logger } from '../model/logger.js';
import type { Nzb, NzbInput } from '../model/nzb.js';
import { type ReadNzbOptions, readNzb } from '../nzb/read-nzb.js';
import { parseOptions } from '../util/parse-options.js';
import { onAbort, throwIfAborted } from '../util/signals.js';
import { releaseName } from './naming.js';
import type { PostedFile, PostedFileHost } from './posted-file.js';
import { ReleaseRecord } from './release-record.js';

/** What a library is made of. */
export interface LibraryParts extends LibraryViewOptions {
  readonly events: EventSink;
  readonly logger: Logger;
  readonly clock: Clock;
  /** What its files are read with. */
  readonly host: PostedFileHost;
}

/** Files up to which `add` waits for every size unless told otherwise. */
const resolvesAllUpTo = 32;
/** Files whose sizes are being found out at once; the pool's import lane decides who really goes. */
const resolvingAtOnce = 32;
/** When to try again to find a size out, after each failure that need not last. `stat` tries at any time. */
const retryDelaysMs: readonly number[] = [15_000, 60_000, 300_000, 900_000];

interface Resolving extends RequestOptions {
  readonly lane: 'import' | 'background';
}

/** By shape, because a signal may come from another realm. */
const isSignal = (value: unknown) => typeof value === 'object' && value !== null && 'aborted' in value;

const addSchema = z.strictObject({
  name: z.string().optional(),
  folder: z.string().optional(),
  resolve: z.enum(['all', 'main', 'none']).optional(),
  maxNzbBytes: z.int().positive().optional(),
  signal: z.custom<AbortSignal>(isSignal, 'must be an AbortSignal').optional(),
});

const parseAddOptions = (options: AddOptions) => parseOptions<AddOptions>('add options', addSchema, options);

/** The catalog with its front door. */
export class EngineLibrary extends LibraryView implements Library {
  readonly #parts: LibraryParts;
  readonly #records = new Map<string, ReleaseRecord>();
  /** Two, so that a large release whose rest follows in the background does not hold up the next one. */
  readonly #awaited = pLimit(resolvingAtOnce);
  readonly #unattended = pLimit(resolvingAtOnce);
  readonly #background = new Set<Promise<void>>();
  /** Ends the reading of NZBs. */
  readonly #closing = new AbortController();

  constructor(parts: LibraryParts) {
    super(parts);
    this.#parts = parts;
  }

  async add(input: NzbInput, options: AddOptions = {}): Promise<Release> {
    this.check(options);
    const { name, folder = '/', resolve, signal, maxNzbBytes } = parseAddOptions(options);
    const nzb = await this.#read(input, { signal, maxBytes: maxNzbBytes });
    this.check(options);
    const record = this.#record(nzb);
    record.place(folder, releaseName(name, record.nzb, record.id.slice(0, 8)));
    this.#records.set(record.id, record);
    try {
      const { now, later } = plan(record, resolve);
      await this.#resolveAll(record, now, { lane: 'import', signal });
      this.check(options);
      if (record.gone.signal.aborted) throw new FileNotFoundError({ path: record.describe().path });
      this.#follow(this.#resolveAll(record, later, { lane: 'background' }));
    } catch (error) {
      record.remove();
      throw error;
    }
    record.isAnnounced = true;
    const release = record.describe();
    this.#parts.events.emit('release:added', { release });
    return release;
  }

  async remove(releaseId: string, options: RequestOptions = {}): Promise<void> {
    this.check(options);
    const record = this.#records.get(releaseId);
    if (record === undefined || !record.isAnnounced) {
      throw new FileNotFoundError({ path: releaseId, message: `There is no release ${releaseId}` });
    }
    record.remove();
  }

  releases(): readonly Release[] {
    return [...this.#records.values()].filter((record) => record.isAnnounced).map((record) => record.describe());
  }

  /** How many releases there are. */
  get releaseCount(): number {
    return this.#records.size;
  }

  /** The files of a release as a health check needs them; `undefined` when there is no such release. */
  healthTargets(releaseId: string): readonly HealthTarget[] | undefined {
    return this.#records.get(releaseId)?.healthTargets();
  }

  protected override async end(): Promise<void> {
    const closed = super.end();
    this.#closing.abort(new ClosedError({ what: 'catalog' }));
    for (const record of this.#records.values()) record.gone.abort(new ClosedError({ what: 'catalog' }));
    await Promise.all([...this.#background, closed]);
  }

  async #read(input: NzbInput, options: ReadNzbOptions): Promise<Nzb> {
    const { signal: closing } = this.#closing;
    const signal = options.signal ? AbortSignal.any([options.signal, closing]) : closing;
    return readNzb(input, { ...options, signal });
  }

  #record(nzb: Nzb): ReleaseRecord {
    const { host, clock } = this.#parts;
    const record: ReleaseRecord = new ReleaseRecord({
      id: randomUUID(),
      nzb,
      addedMs: clock.wallNow(),
      host,
      tree: this.tree,
      emptied: () => this.#emptied(record),
      contradicted: (content) => this.#follow(this.#resolveAll(record, [content], { lane: 'import' })),
    });
    return record;
  }

  #emptied(record: ReleaseRecord): void {
    this.#records.delete(record.id);
    if (record.isAnnounced) this.#parts.events.emit('release:removed', { releaseId: record.id });
  }

  /** Finds sizes out, several at a time. What cannot be found out is noted; only the signal's abort ends it early. */
  async #resolveAll(record: ReleaseRecord, contents: readonly PostedFile[], how: Resolving): Promise<void> {
    const signal = how.signal ? AbortSignal.any([how.signal, record.gone.signal]) : record.gone.signal;
    const limit = how.lane === 'import' ? this.#awaited : this.#unattended;
    await Promise.all(contents.map((content) => limit(() => this.#resolve(record, content, { ...how, signal }))));
  }

  async #resolve(record: ReleaseRecord, content: PostedFile, how: Resolving, attempt = 0): Promise<void> {
    const path = record.pathOf(content);
    try {
      throwIfAborted(how.signal);
      await content.resolve({ path, ...how });
    } catch (error) {
      if (how.signal?.aborted) return;
      const reason = reasonOf(error);
      record.unresolved(content, `${path} is not listed yet: ${reason.message}`);
      this.#parts.logger.warn({ err: error, path, releaseId: record.id }, 'the size of a file could not be found out');
      if (reason.isRetryable) this.#retryLater(record, content, attempt);
    }
  }

  /** A provider that was away comes back; a file must not stay unlisted because it was added at the wrong moment. */
  #retryLater(record: ReleaseRecord, content: PostedFile, attempt: number): void {
    const delayMs = retryDelaysMs[attempt];
    if (delayMs === undefined || record.gone.signal.aborted) return;
    const { signal } = record.gone;
    const cancel = this.#parts.clock.after(delayMs, () => {
      unlink();
      const retry = () => this.#resolve(record, content, { lane: 'background', signal }, attempt + 1);
      this.#follow(this.#unattended(retry));
    });
    const unlink = onAbort(signal, cancel);
  }

  #follow(work: Promise<void>): void {
    this.#background.add(work);
    void work.finally(() => this.#background.delete(work));
  }
}

/** Which files are resolved before `add` ends and which after, the main file first. */
function plan(record: ReleaseRecord, resolve: AddOptions['resolve']) {
  const { main, contents } = record;
  const ordered = main === undefined ? contents : [main, ...contents.filter((content) => content !== main)];
  const mode = resolve ?? (contents.length <= resolvesAllUpTo ? 'all' : 'main');
  const count = { all: ordered.length, main: 1, none: 0 }[mode];
  return { now: ordered.slice(0, count), later: ordered.slice(count) };
}

function reasonOf(error: unknown): { readonly message: string; readonly isRetryable: boolean } {
  const cause = NewsreelError.isInstance(error) ? (error.cause ?? error) : error;
  const isRetryable = NewsreelError.isInstance(cause) && cause.retryable;
  return { message: cause instanceof Error ? cause.message : String(cause), isRetryable };
}
