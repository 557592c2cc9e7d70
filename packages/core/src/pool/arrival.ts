import type { ArrivalSink } from '../model/article.js';
import type { Clock } from '../model/common.js';
import type { Pace } from './pace.js';

/**
 * What one attempt brings, as it lands: passed on to whoever looks on until the attempt is over, and a number to read
 * for whoever watches over it. Knows whether there is anything to take back.
 */
export class Arrival implements ArrivalSink {
  /** When the request was sent. */
  readonly startedMs: number;
  /** When its first byte was expected, in milliseconds from then. */
  readonly expectedMs: number;
  /** When its first bytes came. */
  begunMs: number | undefined;
  /** Bytes there are. */
  available = 0;
  /** Bytes there will be. */
  totalBytes = 0;
  readonly #sink: ArrivalSink | undefined;
  readonly #clock: Clock;
  readonly #pace: Pace;
  #leading = false;
  #over = false;

  constructor(sink: ArrivalSink | undefined, expectedMs: number, clock: Clock, pace: Pace) {
    this.#sink = sink;
    this.#clock = clock;
    this.#pace = pace;
    this.expectedMs = expectedMs;
    this.startedMs = clock.now();
  }

  begin(arrival: Parameters<ArrivalSink['begin']>[0]): boolean {
    if (this.#over) return false;
    this.#firstByte();
    this.totalBytes = arrival.bytes.length;
    this.#leading = this.#sink?.begin(arrival) ?? false;
    return true;
  }

  progress(available: number): void {
    if (this.#over) return;
    this.available = available;
    if (this.#leading) this.#sink?.progress(available);
  }

  abandoned(cause: unknown): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#leading) this.#sink?.abandoned(cause);
  }

  /** The whole article came, verified. */
  delivered(bytes: number): void {
    const { begunMs } = this;
    if (begunMs === undefined) this.#firstByte();
    else this.#pace.transferred(bytes, this.#clock.now() - begunMs);
  }

  #firstByte(): void {
    if (this.begunMs !== undefined) return;
    this.begunMs = this.#clock.now();
    this.#pace.firstByte(this.begunMs - this.startedMs - this.expectedMs, this.begunMs);
  }
}

const nobody = () => undefined;

/** Makes the sinks of the attempts at one article. One that cannot fork hears of one attempt at a time. */
export function sinkForks(sink: ArrivalSink | undefined): () => ArrivalSink | undefined {
  if (sink === undefined) return nobody;
  if (sink.fork !== undefined) return () => sink.fork?.();
  const floor: { taken: boolean } = { taken: false };
  return () => ({
    begin(arrival) {
      if (floor.taken) return false;
      floor.taken = sink.begin(arrival);
      return floor.taken;
    },
    progress: (available) => sink.progress(available),
    abandoned(cause) {
      floor.taken = false;
      sink.abandoned(cause);
    },
  });
}
