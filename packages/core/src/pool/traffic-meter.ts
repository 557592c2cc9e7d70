import type { Article, Availability, FetchOptions, MessageId } from '../model/article.js';
import type { Lane } from '../model/common.js';
import type { Reservation } from '../model/provider.js';
import type { Traffic } from '../model/traffic.js';
import type { Bandwidth } from './bandwidth.js';
import { lanes } from './lane-queue.js';

/** Readers that are counted apart; the bytes of those that fetched nothing for longest are counted under `''`. */
const mostReaders = 100;

/** One request, for the account. */
export interface MeteredRequest {
  readonly lane: Lane;
  readonly reader: string;
  /** Expected bytes. */
  readonly bytes: number;
}

interface Row {
  bytes: number;
  wireBytes: number;
  /** Wire bytes of the articles that were taken. */
  usefulBytes: number;
}

/** Counts what every request took off the wire, and keeps the bandwidth limits informed. */
export class TrafficMeter {
  /** The limits. */
  readonly bandwidth: Bandwidth;
  readonly #rows = new Map<string, Record<Lane, Row>>();
  readonly #readers = new Map<string, number>();
  #latestReader: string | undefined;

  constructor(bandwidth: Bandwidth) {
    this.bandwidth = bandwidth;
  }

  /** What was brought, per provider and lane. */
  rows(): readonly Traffic[] {
    return [...this.#rows].flatMap(([provider, row]) =>
      lanes
        .filter((lane) => row[lane].wireBytes > 0)
        .map((lane) => {
          const { bytes, wireBytes, usefulBytes } = row[lane];
          return { provider, lane, bytes, wireBytes, wastedBytes: wireBytes - usefulBytes };
        }),
    );
  }

  /** Decoded bytes brought, per reader. */
  readers(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#readers);
  }

  /** For reservations: a request took so many bytes off the wire, so many of them of an article that was taken. */
  tookOffWire(provider: string, lane: Lane, wireBytes: number, usefulBytes: number): void {
    const row = this.#rowOf(provider)[lane];
    row.wireBytes += wireBytes;
    row.usefulBytes += usefulBytes;
  }

  /** For reservations: an article was taken. */
  brought(provider: string, { lane, reader }: MeteredRequest, bytes: number, wireBytes: number): void {
    const row = this.#rowOf(provider)[lane];
    row.bytes += bytes;
    row.usefulBytes += wireBytes;
    if (bytes !== 0) this.#readBy(reader, bytes);
  }

  #rowOf(provider: string): Record<Lane, Row> {
    let row = this.#rows.get(provider);
    if (row === undefined) {
      const empty = (): Row => ({ bytes: 0, wireBytes: 0, usefulBytes: 0 });
      row = { playback: empty(), prefetch: empty(), import: empty(), background: empty() };
      this.#rows.set(provider, row);
    }
    return row;
  }

  #readBy(reader: string, bytes: number): void {
    const sum = (this.#readers.get(reader) ?? 0) + bytes;
    // The one that fetched last is the last of all; moving it there again would only cost time.
    if (reader !== this.#latestReader) this.#readers.delete(reader);
    this.#latestReader = reader;
    this.#readers.set(reader, sum);
    if (this.#readers.size <= mostReaders) return;
    for (const [name, old] of this.#readers) {
      if (this.#readers.size <= mostReaders) break;
      if (name === '') continue;
      this.#readers.delete(name);
      this.#readers.set('', (this.#readers.get('') ?? 0) + old);
      this.#latestReader = undefined;
    }
  }
}

/**
 * A reservation that knows what its request cost. Until the provider says what came over the wire it counts as the bytes
 * that were expected.
 */
export class MeteredReservation {
  readonly #meter: TrafficMeter;
  readonly #inner: Reservation;
  readonly #provider: string;
  readonly #request: MeteredRequest;
  readonly #lane: Lane;
  /** What the limits were told. */
  #spentBytes: number;
  #wireBytes: number | undefined;
  /** Whether its article was taken. */
  #isTaken = false;

  constructor(meter: TrafficMeter, inner: Reservation, provider: string, request: MeteredRequest) {
    this.#meter = meter;
    this.#inner = inner;
    this.#provider = provider;
    this.#request = request;
    this.#lane = request.lane;
    this.#spentBytes = request.bytes;
    meter.bandwidth.spend(provider, request.lane, request.bytes);
  }

  /** See {@link Reservation}. */
  get expectedFirstByteMs(): number {
    return this.#inner.expectedFirstByteMs;
  }

  /** Sends the request; what it took is counted. Whoever takes its article says so: {@link MeteredReservation.came}. */
  fetch(id: MessageId, options: FetchOptions & { readonly signal: AbortSignal }): Promise<Article> {
    const { signal, lane, sink, expectedBytes, affinity } = options;
    const onWireBytes = (bytes: number) => this.#took(bytes);
    return this.#inner.fetch(id, { signal, lane, sink, expectedBytes, affinity, onWireBytes });
  }

  /** An article came. @param isTaken whether somebody still wants it and accepts it */
  came(article: Article, isTaken: boolean): void {
    const bytes = article.bytes.length;
    if (this.#wireBytes === undefined) this.#took(bytes);
    if (!isTaken) return;
    this.#isTaken = true;
    this.#meter.brought(this.#provider, this.#request, bytes, this.#wireBytes ?? 0);
  }

  /** See {@link Reservation}. */
  stat(ids: readonly MessageId[], options?: FetchOptions): AsyncIterable<readonly Availability[]> {
    return this.#inner.stat(ids, options);
  }

  /** Gives it back unused. */
  release(): void {
    this.#inner.release();
    if (this.#wireBytes === undefined) this.#took(0);
  }

  #took(wireBytes: number): void {
    const more = wireBytes - (this.#wireBytes ?? 0);
    this.#wireBytes = wireBytes;
    this.#meter.bandwidth.spend(this.#provider, this.#lane, wireBytes - this.#spentBytes);
    this.#spentBytes = wireBytes;
    this.#meter.tookOffWire(this.#provider, this.#lane, more, this.#isTaken ? more : 0);
  }
}
