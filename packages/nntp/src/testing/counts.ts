import type { LoggedCommand } from './options.js';

/** What happened since the server started, or since `NewsServer.resetCounts`. */
export interface NewsServerCounts {
  /** Connections accepted, refused ones included. */
  readonly connections: number;
  /** Connections refused because there were too many. */
  readonly refused: number;
  /** Most connections open at the same time. */
  readonly peakConnections: number;
  /** Passwords tried. */
  readonly loginAttempts: number;
  /** Passwords accepted. */
  readonly logins: number;
  /** Commands received, by verb in capitals (`BODY`, `AUTHINFO`, …). */
  readonly commands: Readonly<Record<string, number>>;
  /** Most commands waiting at the same time on one connection, the one being answered included. */
  readonly peakPipeline: number;
  /** BODY and ARTICLE commands answered to the last byte. */
  readonly bodies: number;
  /** How often an article's body was sent, in part or in whole, by message-id. */
  readonly delivered: ReadonlyMap<string, number>;
  /** How often BODY or ARTICLE asked for an id. */
  bodyById(id: string): number;
  /** BODY and ARTICLE commands that asked for an id somebody had asked for already. */
  readonly duplicates: number;
  /** Articles asked for that were not there: answers of 430 and 423. */
  readonly missing: number;
  /** Bytes sent, before TLS. */
  readonly bytesSent: number;
}

/** Counts, and remembers the last commands. */
export class Counter {
  connections = 0;
  refused = 0;
  peakConnections = 0;
  loginAttempts = 0;
  logins = 0;
  peakPipeline = 0;
  bodies = 0;
  duplicates = 0;
  missing = 0;
  bytesSent = 0;
  readonly #commands = new Map<string, number>();
  readonly #asked = new Map<string, number>();
  readonly #delivered = new Map<string, number>();
  readonly #log: LoggedCommand[] = [];
  #oldest = 0;

  /** Counts a command. */
  command(verb: string): void {
    this.#commands.set(verb, (this.#commands.get(verb) ?? 0) + 1);
  }

  /** Counts a request for a body; returns how many there were, this one included. */
  asked(id: string): number {
    const times = (this.#asked.get(id) ?? 0) + 1;
    this.#asked.set(id, times);
    if (times > 1) this.duplicates++;
    return times;
  }

  /** Counts a body that begins to be sent. */
  delivers(id: string): void {
    this.#delivered.set(id, (this.#delivered.get(id) ?? 0) + 1);
  }

  /** Remembers a command, and forgets the oldest when there are more than `limit`. */
  remember(entry: LoggedCommand, limit: number): void {
    if (limit === 0) return;
    if (this.#log.length < limit) this.#log.push(entry);
    else this.#log[this.#oldest++ % limit] = entry;
  }

  /** What is remembered, oldest first. */
  get log(): readonly LoggedCommand[] {
    const first = this.#log.length === 0 ? 0 : this.#oldest % this.#log.length;
    return [...this.#log.slice(first), ...this.#log.slice(0, first)];
  }

  /** The counts now; they do not change any more. */
  snapshot(): NewsServerCounts {
    const asked = new Map(this.#asked);
    const { connections, refused, peakConnections, loginAttempts, logins, peakPipeline } = this;
    const { bodies, duplicates, missing, bytesSent } = this;
    return {
      ...{ connections, refused, peakConnections, loginAttempts, logins, peakPipeline },
      ...{ bodies, duplicates, missing, bytesSent },
      commands: Object.fromEntries(this.#commands),
      delivered: new Map(this.#delivered),
      bodyById: (id) => asked.get(id) ?? 0,
    };
  }
}
