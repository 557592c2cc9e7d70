/**
 * One mounted FUSE connection: requests come in, replies and notices go out. Knows nothing of what they mean beyond the
 * lengths the kernel needs. The real one reads `/dev/fuse`; tests have one whose other end is a kernel made of code.
 */
export interface FuseDevice {
  /**
   * Hands on requests, one call each, until the connection ends. `request` is only valid until `onRequest` returns.
   * `onEnd` is called once: without a cause after an unmount, with one when reading failed. Called once itself.
   */
  start(onRequest: (request: Uint8Array) => void, onEnd: (cause?: unknown) => void): void;
  /**
   * Writes one whole message (a reply, header first) at once, without waiting. `false` when nobody waits for it any
   * more (interrupted, unmounted). The parts may be given back when it returns. @throws Error on any other failure.
   */
  reply(parts: readonly Uint8Array[]): boolean;
  /**
   * Writes one notice to the kernel away from the main thread, in order, one at a time: the kernel may make it wait for
   * pages or folders that only a reply of ours can free. Resolves to `false` when the kernel knows no such node or the
   * connection has ended. Never rejects.
   */
  notify(parts: readonly Uint8Array[]): Promise<boolean>;
  /** Gives the connection up: the kernel fails what waits and what comes. Resolves when the reader has ended. Idempotent. */
  close(): Promise<void>;
}
