import pLimit from 'p-limit';
import type { KeyDerivation } from '../archive/crypto/key-derivation.js';
import { NewsreelError } from '../errors/index.js';
import type { Inspection } from '../import/piece.js';
import type { Clock, RequestOptions } from '../model/common.js';
import type { Logger } from '../model/logger.js';
import { onAbort, throwIfAborted } from '../util/signals.js';
import { ArchiveWork } from './archive-work.js';
import type { ReleaseRecord } from './release-record.js';
import type { ReleaseWork } from './release-works.js';

/** What is asked for side by side; the pool's import lane decides who really goes. */
const askedAtOnce = 128;
/** Volumes nobody waits for that are looked at side by side. */
const confirmedAtOnce = 2;
/** When to try again what could not be found out, after each failure that need not last. `stat` tries at any time. */
const retryDelaysMs: readonly number[] = [15_000, 60_000, 300_000, 900_000];

/** How something is found out. */
export interface InspectOptions extends RequestOptions {
  readonly lane: 'import' | 'background';
}

/** What an inspector is made of. */
export interface ReleaseInspectorParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly keys: KeyDerivation;
}

/** Finds out what is in releases: sizes of files, what is inside archives. */
export class ReleaseInspector {
  readonly #parts: ReleaseInspectorParts;
  /** Two, so that a large release whose rest follows in the background does not hold up the next one. */
  readonly #awaited = pLimit(askedAtOnce);
  readonly #unattended = pLimit(askedAtOnce);
  readonly #confirming = pLimit(confirmedAtOnce);
  readonly #following = new Set<Promise<void>>();

  constructor(parts: ReleaseInspectorParts) {
    this.#parts = parts;
  }

  /** Looks at everything given. What cannot be found out is noted and tried again; only the signal's abort ends it early. */
  async inspectAll(record: ReleaseRecord, works: readonly ReleaseWork[], how: InspectOptions): Promise<void> {
    const signal = how.signal ? AbortSignal.any([how.signal, record.gone.signal]) : record.gone.signal;
    await Promise.all(works.map((work) => this.#inspect(record, work, { ...how, signal })));
  }

  /** The same with nobody waiting for it. */
  follow(record: ReleaseRecord, works: readonly ReleaseWork[], lane: InspectOptions['lane'] = 'background'): void {
    if (works.length > 0) this.#follow(this.inspectAll(record, works, { lane }));
  }

  /** Resolves when nothing is followed any more. */
  async ended(): Promise<void> {
    while (this.#following.size > 0) await Promise.all(this.#following);
  }

  async #inspect(record: ReleaseRecord, work: ReleaseWork, how: InspectOptions, attempt = 0): Promise<void> {
    const path = record.pathOf(work);
    try {
      throwIfAborted(how.signal);
      if (work instanceof ArchiveWork) await record.inspecting(this.#open(record, work, how));
      else await this.#limit(how)(() => work.resolve({ path, ...how }));
    } catch (error) {
      if (how.signal?.aborted) return;
      const reason = reasonOf(error);
      record.undone(work, `${path} is not listed yet: ${reason.message}`);
      this.#parts.logger.warn({ err: error, path, releaseId: record.id }, 'a file could not be found out about');
      if (reason.isRetryable) this.#retryLater(record, work, attempt);
    }
  }

  async #open(record: ReleaseRecord, work: ArchiveWork, how: InspectOptions): Promise<void> {
    const { known, ask } = record.passwords;
    const inspection: Inspection = {
      posted: record.bytes,
      lane: how.lane,
      signal: how.signal,
      passwords: known,
      keys: this.#parts.keys,
      decoders: record.decoders,
      limit: this.#limit(how),
      contradicted: (indexes) => record.contradicted(indexes),
    };
    const findings = await work.inspect(inspection, ask);
    throwIfAborted(how.signal);
    this.follow(record, record.found(work, findings));
    this.#follow(this.#confirm(record, work));
  }

  /** Looks at the volumes that were only concluded, one after the other. Those that cannot be had show when they are read. */
  async #confirm(record: ReleaseRecord, work: ArchiveWork): Promise<void> {
    const { signal } = record.gone;
    const confirmed = work.indexes.map((index) =>
      this.#confirming(async () => {
        const bytes = record.bytes[index];
        if (!signal.aborted) await bytes?.confirm({ lane: 'background', signal });
      }),
    );
    await Promise.allSettled(confirmed);
  }

  /** A provider that was away comes back; a file must not stay unlisted because it was added at the wrong moment. */
  #retryLater(record: ReleaseRecord, work: ReleaseWork, attempt: number): void {
    const delayMs = retryDelaysMs[attempt];
    if (delayMs === undefined || record.gone.signal.aborted) return;
    const { signal } = record.gone;
    const cancel = this.#parts.clock.after(delayMs, () => {
      unlink();
      this.#follow(this.#inspect(record, work, { lane: 'background', signal }, attempt + 1));
    });
    const unlink = onAbort(signal, cancel);
  }

  #limit({ lane }: InspectOptions) {
    return lane === 'import' ? this.#awaited : this.#unattended;
  }

  #follow(work: Promise<void>): void {
    this.#following.add(work);
    void work.finally(() => this.#following.delete(work));
  }
}

function reasonOf(error: unknown): { readonly message: string; readonly isRetryable: boolean } {
  const cause = NewsreelError.isInstance(error) ? (error.cause ?? error) : error;
  const isRetryable = NewsreelError.isInstance(cause) && cause.retryable;
  return { message: cause instanceof Error ? cause.message : String(cause), isRetryable };
}
