/** How often the pacer looks whom it owes bytes. */
const TICK_MS = 2;
/** What a late timer may make up for; a longer pause is lost, as on a real link. */
const CATCH_UP_MS = 100;
/** Nobody waits longer than this for a slice to be worth a system call. */
const LUMP_MS = 10;
/** Bytes worth a system call: less when few send, for an even flow; more when many do, for little work. */
const SMALL_SLICE_BYTES = 8192;
const LARGE_SLICE_BYTES = 32_768;
const FEW_SENDERS = 8;
/** What the first packet of an answer carries: it leaves at once and is paid for by those after it. */
export const PACKET_BYTES = 1448;

/**
 * A link of some bytes per second, kept as the moment up to which it is used: bytes move that moment ahead, and what
 * the link did not carry while nobody had anything to send is gone.
 */
export class ByteRate {
  #usedUpToMs = performance.now();

  constructor(public bytesPerSecond: number) {}

  /** Somebody has bytes to send since `sinceMs`; before that the link may have been idle. */
  begin(sinceMs: number): void {
    if (this.#usedUpToMs < sinceMs) this.#usedUpToMs = sinceMs;
  }

  /** Bytes the link could have carried by now. */
  available(nowMs: number): number {
    const { bytesPerSecond } = this;
    if (bytesPerSecond === Number.POSITIVE_INFINITY) return bytesPerSecond;
    this.begin(nowMs - CATCH_UP_MS);
    return Math.max(0, Math.floor(((nowMs - this.#usedUpToMs) * bytesPerSecond) / 1000));
  }

  /** Tells what was sent. More than was available makes what follows wait. */
  spend(bytes: number): void {
    if (this.bytesPerSecond !== Number.POSITIVE_INFINITY) this.#usedUpToMs += (bytes * 1000) / this.bytesPerSecond;
  }

  /** Bytes that pass in a while. */
  in(ms: number): number {
    return (this.bytesPerSecond * ms) / 1000;
  }
}

/** Somebody with bytes to send, in slices. */
export interface PacedSender {
  /** Bytes it could send now by its own limits; 0 when it has to wait, or when they are not worth a system call yet. */
  want(nowMs: number, worthwhileBytes: number): number;
  /** Sends so many bytes. */
  slice(bytes: number): void;
}

/** Shares one rate fairly among senders, and wakes those that wait for their own: one timer for all of them. */
export class Pacer {
  readonly total = new ByteRate(Number.POSITIVE_INFINITY);
  /** In the order of their turns. */
  readonly #waiting = new Set<PacedSender>();
  #timer: NodeJS.Timeout | undefined;
  #roundMs = 0;

  /** Queues a sender; {@link PacedSender.want} is asked until {@link Pacer.leave}. Its first packet leaves at once. */
  join(sender: PacedSender): void {
    const nowMs = performance.now();
    if (this.#waiting.size === 0) {
      this.total.begin(nowMs);
      this.#roundMs = nowMs;
    }
    this.#waiting.add(sender);
    this.#serve(sender, Math.max(PACKET_BYTES, this.total.available(nowMs)), nowMs, PACKET_BYTES);
    if (this.#waiting.size > 0) this.#timer ??= setInterval(() => this.#round(), TICK_MS).unref();
  }

  /** Takes a sender out, done or gone. */
  leave(sender: PacedSender): void {
    this.#waiting.delete(sender);
    if (this.#waiting.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** A small answer that leaves at once, without a turn. */
  pass(bytes: number, nowMs: number): void {
    if (this.#waiting.size === 0) this.total.begin(nowMs);
    this.total.spend(bytes);
  }

  #round(): void {
    const nowMs = performance.now();
    // What nobody could use before the last round is lost, but for what makes up one lump.
    this.total.begin(this.#roundMs - LUMP_MS);
    this.#roundMs = nowMs;
    const slice = this.#waiting.size <= FEW_SENDERS ? SMALL_SLICE_BYTES : LARGE_SLICE_BYTES;
    const share = Math.max(slice, Math.ceil(this.total.available(nowMs) / this.#waiting.size));
    const least = Math.min(slice, this.total.in(LUMP_MS));
    // Whoever was served goes to the end of the line: nobody profits from having come early.
    for (const sender of [...this.#waiting]) {
      const room = this.total.available(nowMs);
      if (room < least) return;
      this.#serve(sender, Math.min(room, share), nowMs, slice);
    }
    // A second pass hands out what the modest left over.
    if (this.total.bytesPerSecond === Number.POSITIVE_INFINITY) return;
    for (const sender of [...this.#waiting]) {
      const room = this.total.available(nowMs);
      if (room < least) return;
      this.#serve(sender, room, nowMs, slice);
    }
  }

  #serve(sender: PacedSender, room: number, nowMs: number, slice: number): void {
    const bytes = Math.min(room, sender.want(nowMs, slice));
    if (bytes <= 0 || !this.#waiting.has(sender)) return;
    this.#waiting.delete(sender);
    this.#waiting.add(sender);
    this.total.spend(bytes);
    sender.slice(bytes);
  }
}

/** Bytes a sender at this rate waits for before it sends: what is worth a system call, or what comes in a while. */
export function worthSending(rate: ByteRate, worthwhileBytes: number): number {
  return Math.max(1, Math.min(worthwhileBytes, rate.in(LUMP_MS)));
}
