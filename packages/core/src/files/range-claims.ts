import type { ByteRange } from '../model/common.js';

/** A range an article gave itself that nothing confirms yet. */
export interface RangeClaim {
  /** What it says. */
  readonly range: ByteRange;
  /** Who delivered it. */
  readonly provider: string;
}

/** Unconfirmed ranges by segment, and who was caught giving wrong ones. */
export class RangeClaims {
  readonly #bySegment = new Map<number, RangeClaim[]>();
  readonly #caught = new Set<string>();
  readonly #vouched = new Set<string>();

  /** Remembers a claim. Returns whether another provider says the same: two copies that agree are believed. */
  add(index: number, claim: RangeClaim): boolean {
    const claims = this.#bySegment.get(index) ?? [];
    const isConfirmed = claims.some((other) => other.provider !== claim.provider && isSame(other.range, claim.range));
    if (!claims.some((other) => other.provider === claim.provider && isSame(other.range, claim.range)))
      claims.push(claim);
    this.#bySegment.set(index, claims);
    return isConfirmed;
  }

  /** The newest claim about a segment by a provider that was not caught. */
  of(index: number): RangeClaim | undefined {
    return this.#bySegment.get(index)?.findLast((claim) => !this.#caught.has(claim.provider));
  }

  /** Whether anybody claimed anything about a segment. */
  has(index: number): boolean {
    return this.#bySegment.has(index);
  }

  /** Forgets what was claimed about a segment. Whoever claimed another range than the true one is caught. */
  settle(index: number, truth: ByteRange): void {
    for (const claim of this.#bySegment.get(index) ?? []) if (!isSame(claim.range, truth)) this.catch(claim.provider);
    this.#bySegment.delete(index);
  }

  /** This provider gave a wrong range: nothing it says counts any more unless something else confirms it. */
  catch(provider: string): void {
    this.#caught.add(provider);
  }

  /** Whether this provider gave a wrong range before. */
  isCaught(provider: string): boolean {
    return this.#caught.has(provider);
  }

  /** This provider gave a range that is certain to be right. */
  vouch(provider: string): void {
    this.#vouched.add(provider);
  }

  /** Whether this provider gave right ranges before, and no wrong one. */
  isVouched(provider: string): boolean {
    return this.#vouched.has(provider) && !this.#caught.has(provider);
  }

  /** The segments somebody claimed something about. */
  segments(): Iterable<number> {
    return this.#bySegment.keys();
  }
}

/** Whether two ranges are the same. */
export function isSame(one: ByteRange, other: ByteRange): boolean {
  return one.start === other.start && one.end === other.end;
}
