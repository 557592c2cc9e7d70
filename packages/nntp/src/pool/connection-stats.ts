/** Weight of a new sample in the smoothed numbers. */
const newSample = 0.2;
/** A round trip shorter than expected counts for more: what makes one longer (a busy machine) passes. */
const shorterSample = 0.5;

/** What is assumed before anything was measured. */
const assumed = { roundTripMs: 50, connectMs: 250, bytesPerSecond: 4_000_000, articleBytes: 716_800 } as const;

function smooth(old: number, sample: number, weight = newSample): number {
  return old === 0 ? sample : old + weight * (sample - old);
}

/** What one provider's connections turned out to be like. Every number is smoothed and 0 before its first sample. */
export class ConnectionStats {
  #latencyMs = 0;
  #msPerByte = 0;
  #articleBytes = 0;
  #connectMs = 0;
  /** Articles delivered. */
  articles = 0;
  /** Decoded bytes delivered. */
  bytes = 0;
  /** Bytes read on connections that are gone. */
  closedWireBytes = 0;
  /** Definite "no such article" answers. */
  missing = 0;
  /** Articles that failed verification. */
  corrupt = 0;
  /** Other failures. */
  failures = 0;

  /** From command to status line, where nothing else was in flight. */
  get latencyMs(): number {
    return this.#latencyMs;
  }

  /** Decoded bytes per second of one connection while it transfers. */
  get bytesPerSecond(): number {
    return this.#msPerByte === 0 ? 0 : 1000 / this.#msPerByte;
  }

  /** Time to first byte, measured or assumed. */
  get roundTripMs(): number {
    return this.#latencyMs || assumed.roundTripMs;
  }

  /** Time to connect and log in, measured or assumed. */
  get connectMs(): number {
    return this.#connectMs || assumed.connectMs;
  }

  /** Rate of one connection, measured or assumed. */
  get rate(): number {
    return this.bytesPerSecond || assumed.bytesPerSecond;
  }

  /** A connection was opened. */
  connected(durationMs: number): void {
    this.#connectMs = smooth(this.#connectMs, durationMs);
  }

  /** A status line came, with nothing else in flight. */
  answered(latencyMs: number): void {
    const weight = latencyMs < this.#latencyMs ? shorterSample : newSample;
    this.#latencyMs = smooth(this.#latencyMs, Math.max(latencyMs, 0.01), weight);
  }

  /**
   * An article was delivered: its decoded size, and the time from its first to its last byte. Times are smoothed, not
   * rates: what had gathered before it was read seems to come at any speed, and must not make the rate look high.
   */
  delivered(bytes: number, transferMs: number): void {
    this.articles++;
    this.bytes += bytes;
    this.#articleBytes = smooth(this.#articleBytes, bytes);
    // A body that came in one read says nothing about the rate beyond "fast".
    if (bytes > 0) this.#msPerByte = smooth(this.#msPerByte, Math.max(transferMs, 0.05) / bytes);
  }

  /**
   * How many articles to ask for ahead on one connection: enough that the next one is under way when one ends, and no
   * more, so that waiting in line is at most one round trip plus one article.
   */
  depth(most: number): number {
    const articleBytes = this.#articleBytes || assumed.articleBytes;
    const perRoundTrip = (this.rate * this.roundTripMs) / 1000 / articleBytes;
    return Math.min(most, 1 + Math.ceil(perRoundTrip));
  }
}
