import type { Clock } from '../model/common.js';

/** When a second attempt at a late article is made, and how many of them. */
export interface HedgeOptions {
  /** Most hedges, as a share of the requests sent: an overloaded provider must not be made worse. @default 0.1 */
  readonly share?: number | undefined;
  /** Hedges that may go out before the share counts; 0 allows none at all. @default 10 */
  readonly burst?: number | undefined;
  /**
   * Least time beyond what was expected after which a first byte is late, in milliseconds. What counts in between is
   * measured, per provider. @default 60
   */
  readonly leastLateMs?: number | undefined;
  /** Time beyond what was expected after which a first byte is late whatever was measured, in milliseconds. @default 2000 */
  readonly mostLateMs?: number | undefined;
  /** Time without a byte after which an answer that has begun counts as stalled, in milliseconds. @default 250 */
  readonly stallMs?: number | undefined;
}

/** Options after defaults. */
export type ResolvedHedgeOptions = { readonly [K in keyof HedgeOptions]-?: number };

/** Fills in the defaults. */
export function resolveHedgeOptions(given: HedgeOptions = {}): ResolvedHedgeOptions {
  return {
    share: given.share ?? 0.1,
    burst: given.burst ?? 10,
    leastLateMs: given.leastLateMs ?? 60,
    mostLateMs: given.mostLateMs ?? 2000,
    stallMs: given.stallMs ?? 250,
  };
}

/** Hedges that may go out each second however few requests there are: nobody asks for more while waiting for what is late. */
const perSecond = 4;

/** How many hedges may go out: a share of the requests, saved up to a small burst, and a few per second. */
export class HedgeBudget {
  readonly #share: number;
  readonly #burst: number;
  readonly #clock: Clock;
  #tokens: number;
  #countedMs: number;

  constructor({ share, burst }: Pick<ResolvedHedgeOptions, 'share' | 'burst'>, clock: Clock) {
    this.#share = share;
    this.#burst = burst;
    this.#clock = clock;
    this.#tokens = burst;
    this.#countedMs = clock.now();
  }

  /** A request that is no hedge goes out. */
  requested(): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + this.#share);
  }

  /** Takes one hedge out of the budget; `false` when there is none left. */
  take(): boolean {
    const nowMs = this.#clock.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((nowMs - this.#countedMs) * perSecond) / 1000);
    this.#countedMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** A hedge that was taken did not go out after all. */
  giveBack(): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + 1);
  }
}
