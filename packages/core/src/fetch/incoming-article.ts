import type { ArrivalSink, Article, MessageId, PartHeader } from '../model/article.js';

/** An attempt whose bytes may be shown. */
export interface LeadingAttempt {
  /** Who delivers. */
  readonly provider: string;
  /** What its headers say. */
  readonly part: PartHeader;
  /** The attempt's own buffer; not to be touched once the attempt is abandoned. */
  readonly bytes: Uint8Array;
  /** How many bytes from the start are decoded. */
  available: number;
}

/**
 * The bytes of one article while they land, over one or several attempts. At most one attempt leads: an overtaking hedge
 * stays silent, a successor leads only after the leader was abandoned. Readers attach through `ArrivalReader`, which
 * remembers what it has shown and lets a successor continue only where it agrees.
 */
export class IncomingArticle implements ArrivalSink {
  /** The article. */
  readonly id: MessageId;
  readonly #agrees: (part: PartHeader) => boolean;
  readonly #changed: () => void;
  readonly #abandonListeners = new Set<(lead: LeadingAttempt) => void>();
  #lead: LeadingAttempt | undefined;

  /**
   * @param agrees whether a range fits what is known about the file; an attempt it refuses is never shown
   * @param changed called when there may be more to show
   */
  constructor(id: MessageId, agrees: (part: PartHeader) => boolean, changed: () => void) {
    this.id = id;
    this.#agrees = agrees;
    this.#changed = changed;
  }

  /** The attempt that leads now. */
  get lead(): LeadingAttempt | undefined {
    return this.#lead;
  }

  begin(arrival: { readonly provider: string; readonly part: PartHeader; readonly bytes: Uint8Array }): boolean {
    if (this.#lead !== undefined || !this.#agrees(arrival.part)) return false;
    const { provider, part, bytes } = arrival;
    this.#lead = { provider, part, bytes, available: 0 };
    return true;
  }

  progress(available: number): void {
    if (this.#lead === undefined || available <= this.#lead.available) return;
    this.#lead.available = available;
    this.#changed();
  }

  abandoned(): void {
    const lead = this.#lead;
    if (lead === undefined) return;
    for (const listener of this.#abandonListeners) listener(lead);
    this.#lead = undefined;
  }

  /** Calls back while the bytes of an abandoned leader are still there. Returns the unsubscribe. */
  onAbandoned(listener: (lead: LeadingAttempt) => void): () => void {
    this.#abandonListeners.add(listener);
    return () => void this.#abandonListeners.delete(listener);
  }

  /** Whether a verified article lies in the very memory the leader was shown from. */
  isLead(article: Article): boolean {
    const lead = this.#lead?.bytes;
    return lead !== undefined && lead.buffer === article.bytes.buffer && lead.byteOffset === article.bytes.byteOffset;
  }
}
