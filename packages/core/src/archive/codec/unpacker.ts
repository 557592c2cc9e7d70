/** Where packed bytes come from. Bytes that were seen and not taken come again, also after a failure. */
export interface PackedInput {
  /** How many bytes were taken. */
  readonly position: number;
  /** The next bytes, one at least; `undefined` at the end. They are there until more are taken or asked for. */
  peek(): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** Takes the first of them. */
  take(count: number): void;
}

/**
 * Unpacks one stream from its beginning on. It works in steps of a few milliseconds at most and gives back what it has after
 * each, so that whoever drives it can let others go in between.
 */
export interface Unpacker {
  /** Memory it holds until it is closed, in bytes. */
  readonly memoryBytes: number;
  /**
   * Unpacks on into `target`, one byte at least; resolves to how many. 0 at the end of the stream. Nothing is lost when
   * the input fails: the next call goes on.
   * @throws ArchiveUnsupportedError `damaged` when the bytes are wrong or end too early
   */
  read(target: Uint8Array, input: PackedInput): Promise<number>;
  /** Gives its memory back. */
  close(): void;
}

/** A place in a stream where unpacking can begin. */
export interface RestartPoint {
  /** Offset of the first byte that comes out. */
  readonly unpacked: number;
  /** Offset of the first byte that goes in. */
  readonly packed: number;
}
