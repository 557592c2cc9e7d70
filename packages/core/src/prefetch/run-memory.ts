/** Runs whose length is remembered: enough to tell a viewer from a program that hops about. */
const recentRuns = 3;
/** Places where runs ended that are remembered: a player reading picture, sound and index apart has three. */
const rememberedEnds = 4;
/** How far from where a run ended a new one may begin and still continue it, in bytes. */
const slackBytes = 1024 * 1024;

/**
 * How one file has been read so far: how long readers stayed before they left, and where. A new reader may go on where
 * another ended (a client that asks for one chunk after the other), or leave again at once as those before it did.
 */
export class RunMemory {
  #lengths: number[] = [];
  #ends: { readonly position: number; readonly contiguousBytes: number }[] = [];

  /** Bytes the longest of the last few runs had; `undefined` before there was any. */
  get typicalRunBytes(): number | undefined {
    return this.#lengths.length === 0 ? undefined : Math.max(...this.#lengths);
  }

  /** Bytes read in a row up to `position` by runs that ended there; that run then goes on and is forgotten. */
  resume(position: number): number {
    const end = this.#ends.find((candidate) => Math.abs(candidate.position - position) <= slackBytes);
    if (end === undefined) return 0;
    this.#ends = this.#ends.filter((candidate) => candidate !== end);
    return end.contiguousBytes;
  }

  /** A run ended at `position` after so many bytes in a row. One that took nothing says nothing. */
  ended(position: number, contiguousBytes: number): void {
    if (contiguousBytes <= 0) return;
    this.#lengths = [...this.#lengths.slice(1 - recentRuns), contiguousBytes];
    this.#ends = [...this.#ends.slice(1 - rememberedEnds), { position, contiguousBytes }];
  }
}
