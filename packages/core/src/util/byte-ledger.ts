import type { ByteLedger, Charge } from '../model/bytes.js';
import type { Lane } from '../model/common.js';

/** Share of the limit that only playback may use, so that look-ahead and bulk work cannot starve a reader. */
const playbackReserve = 0.15;
/** With large articles the reserve grows to hold one of them, up to this share of the limit. */
const mostReserve = 0.25;
/** How fast the largest article of playback is forgotten, per request. */
const forgetting = 0.98;

/** Makes the one memory account of an engine. */
export function createByteLedger(limitBytes: number): ByteLedger {
  return new Ledger(limitBytes);
}

class Ledger implements ByteLedger {
  readonly limitBytes: number;
  usedBytes = 0;
  refusals = 0;
  /** Charges whose bytes are still on their way. */
  #arriving = 0;
  /** About the largest article playback asked for lately, in bytes. */
  #largestBytes = 0;
  #isLastResort = false;
  readonly #roomListeners = new Set<() => void>();
  readonly #reclaimers = new Set<(bytes: number) => void>();

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  tryCharge(bytes: number, lane: Lane): Charge | undefined {
    if (!this.#makeRoom(bytes, lane)) {
      this.refusals++;
      return undefined;
    }
    if (lane === 'playback') this.#largestBytes = Math.max(bytes, this.#largestBytes * forgetting);
    return new LedgerCharge(bytes, (change) => this.#changed(change));
  }

  beyond<T>(attempt: () => T): T {
    this.#isLastResort = true;
    try {
      return attempt();
    } finally {
      this.#isLastResort = false;
    }
  }

  onRoom(listener: () => void): () => void {
    this.#roomListeners.add(listener);
    return () => void this.#roomListeners.delete(listener);
  }

  reclaimFrom(reclaim: (bytes: number) => void): () => void {
    this.#reclaimers.add(reclaim);
    return () => void this.#reclaimers.delete(reclaim);
  }

  #makeRoom(bytes: number, lane: Lane): boolean {
    const limit = this.#limitFor(lane);
    if (this.usedBytes + bytes > limit) for (const reclaim of this.#reclaimers) reclaim(this.usedBytes + bytes - limit);
    if (this.usedBytes + bytes <= limit || this.usedBytes === 0) return true;
    return this.#isLastResort && lane === 'playback' && this.#arriving === 0 && this.usedBytes <= this.limitBytes;
  }

  #limitFor(lane: Lane): number {
    if (lane === 'playback') return this.limitBytes;
    const wanted = Math.max(playbackReserve * this.limitBytes, this.#largestBytes);
    return this.limitBytes - Math.min(wanted, mostReserve * this.limitBytes);
  }

  #changed({ bytes, arriving }: Change): void {
    this.usedBytes += bytes;
    this.#arriving += arriving;
    if (bytes >= 0 && (arriving >= 0 || this.#arriving > 0)) return;
    for (const listener of [...this.#roomListeners]) listener();
  }
}

/** By how much an account changes. */
interface Change {
  readonly bytes: number;
  readonly arriving: number;
}

class LedgerCharge implements Charge {
  readonly #change: (change: Change) => void;
  #bytes: number;
  #arriving: boolean;
  #held = true;

  constructor(bytes: number, change: (change: Change) => void) {
    this.#change = change;
    this.#bytes = bytes;
    this.#arriving = bytes > 0;
    change({ bytes, arriving: this.#arriving ? 1 : 0 });
  }

  get bytes(): number {
    return this.#bytes;
  }

  resize(bytes: number): void {
    if (!this.#held) return;
    const more = bytes - this.#bytes;
    this.#bytes = bytes;
    this.#change({ bytes: more, arriving: 0 });
  }

  landed(): void {
    if (!this.#arriving) return;
    this.#arriving = false;
    this.#change({ bytes: 0, arriving: -1 });
  }

  release(): void {
    if (!this.#held) return;
    this.#held = false;
    const change = { bytes: -this.#bytes, arriving: this.#arriving ? -1 : 0 };
    this.#arriving = false;
    this.#bytes = 0;
    this.#change(change);
  }
}
