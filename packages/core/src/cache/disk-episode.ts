import type { Clock } from '../model/common.js';
import type { EventSink } from '../model/events.js';
import type { Logger } from '../model/logger.js';

/** First pause after a failure, in milliseconds; each further one is twice as long. */
const firstPauseMs = 5000;
const longestPauseMs = 60_000;

/** What an episode reports to, and how it is ended. */
export interface DiskEpisodeParts {
  /** The folder, for events. */
  readonly folder: string;
  /** Where facts go. */
  readonly events: EventSink;
  /** Where words go. */
  readonly logger: Logger;
  /** Time. */
  readonly clock: Clock;
  /** Tries whether the disk can be used again. Rejects when it cannot. */
  readonly retry: () => Promise<void>;
}

/** The times when the disk cannot be used: said once at the beginning and once at the end, tried again in between. */
export class DiskEpisode {
  readonly #parts: DiskEpisodeParts;
  #pauseMs = 0;
  #cancel = () => {};
  #isClosed = false;

  constructor(parts: DiskEpisodeParts) {
    this.#parts = parts;
  }

  /** Whether one is going on. */
  get isOn(): boolean {
    return this.#pauseMs > 0;
  }

  /** Something failed. */
  failed(cause: unknown): void {
    if (this.isOn || this.#isClosed) return;
    const { folder, events, logger } = this.#parts;
    logger.warn({ err: cause, folder }, 'the disk cache cannot be used; articles come from the servers');
    events.emit('cache:degraded', { folder, cause });
    this.#pause(firstPauseMs);
  }

  /** Stops trying. */
  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }

  #pause(pauseMs: number): void {
    this.#pauseMs = pauseMs;
    if (!this.#isClosed) this.#cancel = this.#parts.clock.after(pauseMs, () => void this.#retry());
  }

  async #retry(): Promise<void> {
    const { folder, events, logger, retry } = this.#parts;
    try {
      await retry();
    } catch (error) {
      logger.debug({ err: error, folder }, 'the disk cache still cannot be used');
      this.#pause(Math.min(2 * this.#pauseMs, longestPauseMs));
      return;
    }
    this.#pauseMs = 0;
    if (this.#isClosed) return;
    logger.info({ folder }, 'the disk cache is used again');
    events.emit('cache:recovered', { folder });
  }
}
