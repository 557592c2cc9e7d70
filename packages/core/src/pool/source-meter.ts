import { hasCode } from '../errors/index.js';
import type { Lane } from '../model/common.js';
import type { PluginContext } from '../model/provider.js';
import type { ProviderStats } from '../model/provider-stats.js';
import { smoothed } from '../util/smoothed.js';

/** Weight of the newest measurement in the smoothed ones. */
const newest = 0.2;

/** What is known about a delivered article besides its bytes. */
export interface Delivery {
  readonly id: string;
  readonly bytes: number;
  readonly firstByteMs: number;
  readonly durationMs: number;
  readonly lane: Lane;
}

type Counts = Pick<
  ProviderStats,
  'articles' | 'bytes' | 'missing' | 'corrupt' | 'failures' | 'latencyMs' | 'bytesPerSecond'
>;

/** Counts what a source does and reports it as events. */
export class SourceMeter {
  readonly #name: string;
  readonly #events: PluginContext['events'];
  #counts: Counts = { articles: 0, bytes: 0, missing: 0, corrupt: 0, failures: 0, latencyMs: 0, bytesPerSecond: 0 };

  constructor(name: string, events: PluginContext['events']) {
    this.#name = name;
    this.#events = events;
  }

  /** The numbers so far. */
  get counts(): Counts {
    return this.#counts;
  }

  /** Notes a verified article. */
  delivered(delivery: Delivery): void {
    const { id, bytes, firstByteMs, durationMs, lane } = delivery;
    const was = this.#counts;
    // A source that shows nothing until the end has no transfer time of its own; its whole time is all there is.
    const transferMs = Math.max(durationMs > firstByteMs ? durationMs - firstByteMs : durationMs, 0.1);
    this.#counts = {
      ...was,
      articles: was.articles + 1,
      bytes: was.bytes + bytes,
      latencyMs: smoothed(was.latencyMs, firstByteMs, newest),
      bytesPerSecond: smoothed(was.bytesPerSecond, (1000 * bytes) / transferMs, newest),
    };
    this.#events.emit('article:fetched', {
      provider: this.#name,
      id,
      bytes,
      wireBytes: bytes,
      firstByteMs,
      durationMs,
      lane,
    });
  }

  /** Notes a failure of any kind; an abort is none. */
  failed(id: string, cause: unknown): void {
    const provider = this.#name;
    const was = this.#counts;
    if (hasCode(cause, 'ERR_ARTICLE_MISSING')) {
      this.#counts = { ...was, missing: was.missing + 1 };
      this.#events.emit('article:missing', { provider, id });
    } else if (hasCode(cause, 'ERR_ARTICLE_CORRUPT')) {
      this.#counts = { ...was, corrupt: was.corrupt + 1 };
      this.#events.emit('article:corrupt', { provider, id, cause });
    } else {
      this.#counts = { ...was, failures: was.failures + 1 };
      this.#events.emit('article:failed', { provider, id, cause });
    }
  }
}
