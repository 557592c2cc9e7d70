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
  readonly provider: string;
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

  constructor(bandwidth: Bandwidth) {
    this.bandwidth = bandwidth;
  }

  /** The same reservation, watched. */
  watch(reservation: Reservation, request: MeteredRequest): MeteredReservation {
    return new MeteredReservation(this, reservation, request);
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

  /** For reservations: a change of what a request took and brought. */
  note({ provider, lane, reader }: MeteredRequest, change: Partial<Row>): void {
    const row = this.#rowOf(provider)[lane];
    row.bytes += change.bytes ?? 0;
    row.wireBytes += change.wireBytes ?? 0;
    row.usefulBytes += change.usefulBytes ?? 0;
    if (change.bytes) this.#readBy(reader, change.bytes);
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
    this.#readers.delete(reader);
    this.#readers.set(reader, sum);
    for (const [name, old] of this.#readers) {
      if (this.#readers.size <= mostReaders) break;
      if (name === '') continue;
      this.#readers.delete(name);
      this.#readers.set('', (this.#readers.get('') ?? 0) + old);
    }
  }
}

/**
 * A reservation that knows what its request cost. Until the provider says what came over the wire it counts as the bytes
 * that were expected.
 */
export class MeteredReservation implements Reservation {
  readonly #meter: TrafficMeter;
  readonly #inner: Reservation;
  readonly #request: MeteredRequest;
  /** What the limits were told. */
  #spentBytes: number;
  #wireBytes: number | undefined;
  /** Decoded bytes that were taken. */
  #takenBytes: number | undefined;

  constructor(meter: TrafficMeter, inner: Reservation, request: MeteredRequest) {
    this.#meter = meter;
    this.#inner = inner;
    this.#request = request;
    this.#spentBytes = request.bytes;
    meter.bandwidth.spend(request.provider, request.lane, request.bytes);
  }

  get expectedFirstByteMs(): number {
    return this.#inner.expectedFirstByteMs;
  }

  async fetch(id: MessageId, options: FetchOptions = {}): Promise<Article> {
    const onWireBytes = (bytes: number) => this.#took(bytes);
    const article = await this.#inner.fetch(id, { ...options, onWireBytes });
    const bytes = article.bytes.length;
    if (this.#wireBytes === undefined) this.#took(bytes);
    // What comes after an abort is released unseen by whoever takes it.
    if (options.signal?.aborted !== true) {
      this.#takenBytes = bytes;
      this.#meter.note(this.#request, { bytes, usefulBytes: this.#wireBytes ?? 0 });
    }
    return article;
  }

  stat(ids: readonly MessageId[], options?: FetchOptions): AsyncIterable<readonly Availability[]> {
    return this.#inner.stat(ids, options);
  }

  release(): void {
    this.#inner.release();
    if (this.#wireBytes === undefined) this.#took(0);
  }

  /** The article turned out to be of no use. */
  refused(): void {
    if (this.#takenBytes === undefined) return;
    this.#meter.note(this.#request, { bytes: -this.#takenBytes, usefulBytes: -(this.#wireBytes ?? 0) });
    this.#takenBytes = undefined;
  }

  #took(wireBytes: number): void {
    const more = wireBytes - (this.#wireBytes ?? 0);
    this.#wireBytes = wireBytes;
    const { provider, lane } = this.#request;
    this.#meter.bandwidth.spend(provider, lane, wireBytes - this.#spentBytes);
    this.#spentBytes = wireBytes;
    this.#meter.note(this.#request, { wireBytes: more, usefulBytes: this.#takenBytes === undefined ? 0 : more });
  }
}
