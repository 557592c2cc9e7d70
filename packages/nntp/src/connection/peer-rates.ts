/** Other connections without which there is nothing to compare with. */
const leastPeers = 2;

/** What a connection received from one moment on, beside what others received in the same time. */
export class PeerRates {
  readonly #received: () => number;
  readonly #peers: ReadonlyMap<{ readonly wireBytes: number }, number>;
  readonly #bytes: number;

  /** @param peers connections that are receiving now */
  constructor(received: () => number, peers: readonly { readonly wireBytes: number }[]) {
    this.#received = received;
    this.#bytes = received();
    this.#peers = new Map(peers.map((peer) => [peer, peer.wireBytes]));
  }

  /** Bytes received since. */
  get bytes(): number {
    return this.#received() - this.#bytes;
  }

  /** What the one in the middle received since; 0 when there are too few to tell. */
  get medianBytes(): number {
    if (this.#peers.size < leastPeers) return 0;
    const received = [...this.#peers].map(([peer, bytes]) => peer.wireBytes - bytes).sort((a, b) => a - b);
    return received[Math.floor((received.length - 1) / 2)] ?? 0;
  }
}
