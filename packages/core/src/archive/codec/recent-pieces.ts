import type { Lease } from '../../model/bytes.js';

/** Pieces kept: so far behind the one who goes first others may follow without a decoder of their own. */
export const mostRecent = 16;

/** The pieces that were unpacked last. */
export class RecentPieces {
  readonly #pieces = new Map<number, Lease>();

  /** A lease on a piece, if it is kept. */
  get(index: number): Lease | undefined {
    const piece = this.#pieces.get(index);
    if (piece === undefined) return undefined;
    this.#pieces.delete(index);
    this.#pieces.set(index, piece);
    return piece.retain();
  }

  /** Keeps a piece; the one that was wanted longest ago goes. The lease given stays the giver's. */
  add(index: number, piece: Lease): void {
    this.#pieces.get(index)?.release();
    this.#pieces.delete(index);
    this.#pieces.set(index, piece.retain());
    if (this.#pieces.size <= mostRecent) return;
    const [oldest] = this.#pieces.keys();
    this.#pieces.get(oldest as number)?.release();
    this.#pieces.delete(oldest as number);
  }

  /** Lets all of them go. */
  clear(): void {
    for (const piece of this.#pieces.values()) piece.release();
    this.#pieces.clear();
  }
}
