import type { ArrivalSink, Article, MessageId, PartHeader } from '../model/article.js';
import type { Clock } from '../model/common.js';
import { systemClock } from '../util/clock.js';

/** An attempt whose bytes may be shown. */
export interface ArrivingAttempt {
  /** Who delivers. */
  readonly provider: string;
  /** What its headers say. */
  readonly part: PartHeader;
  /** The attempt's own buffer; not to be touched once the attempt is abandoned. */
  readonly bytes: Uint8Array;
  /** When it began to arrive, by the article's clock. */
  readonly startedMs: number;
  /** How many bytes from the start are decoded. */
  available: number;
}

/** How far an attempt must be ahead of the one that leads to take over, in bytes: every change costs each reader a comparison. */
const overtakenByBytes = 64 * 1024;

/**
 * The bytes of one article while they land, over one or several attempts, some of them at the same time. At most one
 * attempt leads: the first to begin, until it is abandoned or overtaken. Readers attach through `ArrivalReader`, which
 * remembers what it has shown and goes on with another leader only where that agrees.
 */
export class IncomingArticle implements ArrivalSink {
  /** The article. */
  readonly id: MessageId;
  readonly #agrees: (part: PartHeader) => boolean;
  readonly #changed: () => void;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #leaveListeners: ((attempt: ArrivingAttempt) => void)[] = [];
  readonly #attempts: ArrivingAttempt[] = [];
  #lead: ArrivingAttempt | undefined;
  /** The attempt of a source that makes one after the other. */
  #single: ArrivalSink | undefined;

  /**
   * @param agrees whether a range fits what is known about the file; an attempt it refuses is never shown
   * @param changed called when there may be more to show
   */
  constructor(
    id: MessageId,
    agrees: (part: PartHeader) => boolean,
    changed: () => void,
    clock: Pick<Clock, 'now'> = systemClock,
  ) {
    this.id = id;
    this.#agrees = agrees;
    this.#changed = changed;
    this.#clock = clock;
  }

  /** The attempt that leads now. */
  get lead(): ArrivingAttempt | undefined {
    return this.#lead;
  }

  /** A sink for one of several attempts. It may begin again after it was abandoned. */
  fork(): ArrivalSink {
    return new AttemptSink(this);
  }

  begin(arrival: Parameters<ArrivalSink['begin']>[0]): boolean {
    this.#single ??= this.fork();
    return this.#single.begin(arrival);
  }

  progress(available: number): void {
    this.#single?.progress(available);
  }

  abandoned(cause: unknown): void {
    this.#single?.abandoned(cause);
  }

  /** Calls back while the bytes of an attempt that is being abandoned are still there. */
  onAbandoned(listener: (attempt: ArrivingAttempt) => void): void {
    this.#leaveListeners.push(listener);
  }

  /** Takes a listener of {@link IncomingArticle.onAbandoned} away. */
  offAbandoned(listener: (attempt: ArrivingAttempt) => void): void {
    const at = this.#leaveListeners.indexOf(listener);
    if (at >= 0) this.#leaveListeners.splice(at, 1);
  }

  /** For sinks: an attempt begins. Its place in the race, or nothing when it can never be shown. */
  enter(arrival: Parameters<ArrivalSink['begin']>[0]): ArrivingAttempt | undefined {
    if (!this.#agrees(arrival.part)) return undefined;
    const { provider, part, bytes } = arrival;
    const attempt = { provider, part, bytes, startedMs: this.#clock.now(), available: 0 };
    this.#attempts.push(attempt);
    this.#lead ??= attempt;
    return attempt;
  }

  /** For sinks: more of an attempt is decoded. */
  advance(attempt: ArrivingAttempt, available: number): void {
    if (available <= attempt.available) return;
    attempt.available = available;
    if (attempt !== this.#lead && !overtakes(attempt, this.#lead)) return;
    this.#lead = attempt;
    this.#changed();
  }

  /** For sinks: an attempt is abandoned; whoever is furthest of the others leads. */
  leave(attempt: ArrivingAttempt): void {
    for (const listener of [...this.#leaveListeners]) listener(attempt);
    this.#attempts.splice(this.#attempts.indexOf(attempt), 1);
    if (attempt !== this.#lead) return;
    this.#lead = undefined;
    for (const other of this.#attempts)
      if (this.#lead === undefined || other.available > this.#lead.available) this.#lead = other;
    if (this.#lead !== undefined) this.#changed();
  }
}

/** Whether a verified article lies in the very memory of an attempt that was not abandoned. */
export function isOutcomeOf(attempt: ArrivingAttempt, article: Article): boolean {
  const { bytes } = attempt;
  return bytes.buffer === article.bytes.buffer && bytes.byteOffset === article.bytes.byteOffset;
}

/** Ahead by a piece, or by an eighth of a small article. */
function overtakes(attempt: ArrivingAttempt, lead: ArrivingAttempt | undefined): boolean {
  if (lead === undefined) return true;
  return attempt.available - lead.available >= Math.min(overtakenByBytes, Math.ceil(attempt.bytes.length / 8));
}

/** One attempt's side of an arriving article. */
class AttemptSink implements ArrivalSink {
  readonly #article: IncomingArticle;
  #attempt: ArrivingAttempt | undefined;

  constructor(article: IncomingArticle) {
    this.#article = article;
  }

  begin(arrival: Parameters<ArrivalSink['begin']>[0]): boolean {
    if (this.#attempt !== undefined) return false;
    this.#attempt = this.#article.enter(arrival);
    return this.#attempt !== undefined;
  }

  progress(available: number): void {
    if (this.#attempt !== undefined) this.#article.advance(this.#attempt, available);
  }

  abandoned(): void {
    const attempt = this.#attempt;
    this.#attempt = undefined;
    if (attempt !== undefined) this.#article.leave(attempt);
  }
}
