import { ConfigInvalidError } from '../errors/index.js';
import type { Clock, Lane } from '../model/common.js';
import type { BandwidthLimits, BandwidthUse } from '../model/traffic.js';
import { lanes } from './lane-queue.js';
import { TokenBucket } from './token-bucket.js';
import { NoRoom } from './waiting.js';

/** Whose debts a lane has to wait for: its own and those of more urgent lanes. Bulk work is one. */
const levels: Readonly<Record<Lane, number>> = { playback: 0, prefetch: 1, import: 2, background: 2 };
const levelCount = 3;

/** A provider with a limit of its own, if it has one. */
export interface LimitedProvider {
  readonly name: string;
  readonly maxBytesPerSecond?: number | undefined;
}

/**
 * Keeps the limits of an engine, its lanes and its providers where places are given out: what is over a limit is not
 * asked for yet. Costs nothing where there is no limit.
 */
export class Bandwidth {
  readonly #clock: Clock;
  readonly #providers: readonly LimitedProvider[];
  readonly #onRoom: () => void;
  #engine: TokenBucket | undefined;
  #lanes = new Map<string, TokenBucket>();
  #accounts = new Map<string, TokenBucket>();
  #isLimited = false;
  #wakeMs = Number.POSITIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;

  /** @param onRoom called when something that was over a limit may be asked for */
  constructor(clock: Clock, providers: readonly LimitedProvider[], onRoom: () => void) {
    this.#clock = clock;
    this.#providers = providers;
    this.#onRoom = onRoom;
    this.limit({});
  }

  /**
   * Puts other limits in the place of all that were there. Debts are forgotten; limits that stay as they are keep theirs.
   * @throws ConfigInvalidError when a provider is not there
   */
  limit(limits: BandwidthLimits): void {
    this.#refuseUnknown(limits);
    const kept = (bucket: TokenBucket | undefined, rate: number | undefined, levelled: number) => {
      if (rate === undefined || rate === Number.POSITIVE_INFINITY) return undefined;
      return bucket?.rate === rate ? bucket : new TokenBucket(this.#clock, rate, levelled);
    };
    const keptAll = (was: Map<string, TokenBucket>, rates: Iterable<[string, number | undefined]>, levelled: number) =>
      new Map(
        [...rates].flatMap(([name, rate]): [string, TokenBucket][] => {
          const bucket = kept(was.get(name), rate, levelled);
          return bucket ? [[name, bucket]] : [];
        }),
      );
    this.#engine = kept(this.#engine, limits.maxBytesPerSecond, levelCount);
    this.#lanes = keptAll(this.#lanes, Object.entries(limits.lanes ?? {}), 1);
    const ofAccounts = this.#providers.map(({ name, maxBytesPerSecond }): [string, number | undefined] => [
      name,
      limits.providers?.[name] ?? maxBytesPerSecond,
    ]);
    this.#accounts = keptAll(this.#accounts, ofAccounts, levelCount);
    this.#isLimited = this.#engine !== undefined || this.#lanes.size + this.#accounts.size > 0;
    this.#wake();
  }

  /** Whether a lane may ask for so many bytes of anybody; if not, who has to wait. */
  refusal(lane: Lane, bytes: number): NoRoom | undefined {
    if (!this.#isLimited || bytes === 0) return undefined;
    if (this.#mustWait(this.#lanes.get(lane), bytes, 0)) return NoRoom.lane;
    return this.#mustWait(this.#engine, bytes, levels[lane]) ? NoRoom.all : undefined;
  }

  /** Whether a provider may be asked for so many bytes. */
  admits(provider: string, lane: Lane, bytes: number): boolean {
    return !this.#isLimited || bytes === 0 || !this.#mustWait(this.#accounts.get(provider), bytes, levels[lane]);
  }

  /** So many bytes were asked for, or, when fewer than none, will not come after all. */
  spend(provider: string, lane: Lane, bytes: number): void {
    if (!this.#isLimited || bytes === 0) return;
    this.#engine?.spend(bytes, levels[lane]);
    this.#lanes.get(lane)?.spend(bytes, 0);
    this.#accounts.get(provider)?.spend(bytes, levels[lane]);
    if (bytes < 0 && this.#cancelTimer) this.#wake();
  }

  /** The limits in force. */
  use(): readonly BandwidthUse[] {
    const row = (scope: BandwidthUse['scope'], name: string, bucket: TokenBucket | undefined): BandwidthUse[] =>
      bucket ? [{ scope, name, maxBytesPerSecond: bucket.rate, bytesPerSecond: bucket.bytesPerSecond }] : [];
    return [
      ...row('engine', '', this.#engine),
      ...lanes.flatMap((lane) => row('lane', lane, this.#lanes.get(lane))),
      ...this.#providers.flatMap(({ name }) => row('provider', name, this.#accounts.get(name))),
    ];
  }

  /** Stops its timer. */
  close(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #mustWait(bucket: TokenBucket | undefined, bytes: number, level: number): boolean {
    const waitMs = bucket?.waitMs(bytes, level) ?? 0;
    if (waitMs > 0) this.#wakeAfter(waitMs);
    return waitMs > 0;
  }

  #wakeAfter(waitMs: number): void {
    const wakeMs = this.#clock.now() + waitMs;
    if (wakeMs >= this.#wakeMs) return;
    this.#cancelTimer?.();
    this.#wakeMs = wakeMs;
    this.#cancelTimer = this.#clock.after(Math.max(1, Math.ceil(waitMs)), () => this.#wake());
  }

  #wake(): void {
    this.close();
    this.#wakeMs = Number.POSITIVE_INFINITY;
    this.#onRoom();
  }

  #refuseUnknown(limits: BandwidthLimits): void {
    const known = new Set(this.#providers.map(({ name }) => name));
    const issues = Object.keys(limits.providers ?? {})
      .filter((name) => !known.has(name))
      .map((name) => ({ path: `bandwidth.providers.${name}`, message: `there is no provider named "${name}"` }));
    if (issues.length > 0) throw new ConfigInvalidError({ what: 'bandwidth limits', issues });
  }
}
