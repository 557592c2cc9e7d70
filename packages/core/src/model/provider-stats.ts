/** How much of an account's quota is used. */
export interface ProviderQuota {
  /** Wire bytes allowed per period. */
  readonly limitBytes: number;
  /** Wire bytes used in this period. At or over the limit nothing more is asked of the provider. */
  readonly usedBytes: number;
  /** When the next period begins, in milliseconds since 1970. */
  readonly resetsMs: number;
}

/** What a provider is doing, for selection, gauges and people. */
export interface ProviderStats {
  /** Name of the provider. */
  readonly name: string;
  /** Tier: 0 is asked first. */
  readonly priority: number;
  /** `disabled`: its login failed for good. `degraded`: cooling down after failures. */
  readonly state: 'ready' | 'degraded' | 'disabled';
  /** Connections the account allows, as configured. */
  readonly connectionLimit: number;
  /** Connections the account turned out to allow. */
  readonly learnedLimit: number;
  /** Sockets that exist now: dialling, open and closing. */
  readonly connectionsOpen: number;
  /** Connections with something in flight. */
  readonly connectionsBusy: number;
  /** Requests that could be taken now. */
  readonly freeSlots: number;
  /** Smoothed time to first byte in milliseconds; 0 before the first article. */
  readonly latencyMs: number;
  /** Smoothed decoded bytes per second of one connection while it transfers; 0 before the first article. */
  readonly bytesPerSecond: number;
  /** Articles delivered. */
  readonly articles: number;
  /** Decoded bytes delivered. */
  readonly bytes: number;
  /** Bytes read from the wire. */
  readonly wireBytes: number;
  /** Definite "no such article" answers. */
  readonly missing: number;
  /** Articles that failed verification. */
  readonly corrupt: number;
  /** Other failures: refused, timed out, dropped. */
  readonly failures: number;
  /** Its quota, when it has one. */
  readonly quota?: ProviderQuota | undefined;
}

/** What decides whether a provider may be asked now. The same object may be given out again and again. */
export interface ProviderStanding {
  /** As in {@link ProviderStats.state}. */
  readonly state: ProviderStats['state'];
  /** As in {@link ProviderStats.freeSlots}; any number above 0 will do while the state is `ready`. */
  readonly freeSlots: number;
  /** As in {@link ProviderStats.quota}. */
  readonly quota?: ProviderQuota | undefined;
}
