/** How much all sockets of the process may hand over in one turn of the event loop before they are stopped. */
const defaultBytesPerTurn = 4 * 1024 * 1024;
/** How much of that each socket may have at least while others are stopped: what a single read brings at most. */
const leastShareBytes = 512 * 1024;

/** One socket's part in a {@link TurnBudget}. */
export interface TurnShare {
  /** Lets the socket read again. */
  readonly resume: () => void;
  /** The turn it was counted in last. @internal */
  turn: number;
  /** What it brought in that turn. @internal */
  bytes: number;
}

/** The part of a socket that has not read anything yet. */
export function turnShare(resume: () => void): TurnShare {
  return { resume, turn: 0, bytes: 0 };
}

/**
 * Keeps the event loop responsive under load: once all sockets together have processed so many bytes in one turn, those
 * that bring more stop reading. In each turn that follows, as many go on as can have a fair share of the budget, the
 * longest stopped first. Not all at once: stopping a socket costs about 10 µs and its first read cannot be prevented, so
 * fifty sockets going on together made turns of 15 MB, or paid for being stopped with a tenth of the throughput.
 */
export class TurnBudget {
  readonly #bytesPerTurn: number;
  readonly #goingOn: number;
  #turn = 1;
  #spent = 0;
  #armed = false;
  #shareBytes = leastShareBytes;
  readonly #stopped: TurnShare[] = [];
  readonly #renewLater = (): void => this.#renew();

  constructor(bytesPerTurn = defaultBytesPerTurn) {
    this.#bytesPerTurn = bytesPerTurn;
    this.#goingOn = Math.max(1, Math.floor(bytesPerTurn / leastShareBytes));
  }

  /**
   * Counts bytes that were just processed.
   * @returns `false` when the socket must stop reading; it is resumed in one of the next turns
   */
  spend(bytes: number, share: TurnShare): boolean {
    if (share.turn !== this.#turn) {
      share.turn = this.#turn;
      share.bytes = 0;
    }
    share.bytes += bytes;
    this.#spent += bytes;
    this.#arm();
    const hadItsShare = share.bytes >= this.#shareBytes && this.#stopped.length > 0;
    if (this.#spent < this.#bytesPerTurn && !hadItsShare) return true;
    this.#stopped.push(share);
    return false;
  }

  #arm(): void {
    if (this.#armed) return;
    this.#armed = true;
    setImmediate(this.#renewLater);
  }

  #renew(): void {
    this.#turn++;
    this.#spent = 0;
    this.#armed = false;
    if (this.#stopped.length === 0) return;
    const goOn = this.#stopped.splice(0, this.#goingOn);
    if (this.#stopped.length > 0) this.#arm();
    this.#shareBytes = Math.max(leastShareBytes, Math.floor(this.#bytesPerTurn / goOn.length));
    for (const { resume } of goOn) resume();
  }
}

/** The budget all connections of this process share. */
export const processTurnBudget = new TurnBudget();
