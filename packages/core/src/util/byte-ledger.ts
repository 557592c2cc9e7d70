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
  /** Replaced, never changed: it is gone through at every article, and listeners may come and go meanwhile. */
  #roomListeners: readonly (() => void)[] = [];
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
    return new LedgerCharge(this, bytes);
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
    // Its own function, so that one added twice is removed once.
    const heard = () => listener();
    this.#roomListeners = [...this.#roomListeners, heard];
    return () => {
      this.#roomListeners = this.#roomListeners.filter((other) => other !== heard);
    };
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

  /** For charges: by how many bytes the account changes, and by how many charges whose bytes are on their way. */
  changed(bytes: number, arriving: number): void {
    this.usedBytes += bytes;
    this.#arriving += arriving;
    if (bytes >= 0 && (arriving >= 0 || this.#arriving > 0)) return;
    for (const listener of this.#roomListeners) listener();
  }
}

class LedgerCharge implements Charge {
  readonly #ledger: Ledger;
  #bytes: number;
  #arriving: boolean;
  #held = true;

  constructor(ledger: Ledger, bytes: number) {
    this.#ledger = ledger;
    this.#bytes = bytes;
    this.#arriving = bytes > 0;
    ledger.changed(bytes, this.#arriving ? 1 : 0);
  }

  get bytes(): number {
    return this.#bytes;
  }

  resize(bytes: number): void {
    if (!this.#held) return;
    const more = bytes - this.#bytes;
    this.#bytes = bytes;
    this.#ledger.changed(more, 0);
  }

  landed(): void {
    if (!this.#arriving) return;
    this.#arriving = false;
    this.#ledger.changed(0, -1);
  }

  release(): void {
    if (!this.#held) return;
    this.#held = false;
    const bytes = this.#bytes;
    const arriving = this.#arriving ? -1 : 0;
    this.#arriving = false;
    this.#bytes = 0;
    this.#ledger.changed(-bytes, arriving);
  }
}
