/** What a mount has done and is doing. */
export interface FuseStats {
  /** Requests of the kernel since the mount, by name: `read`, `lookup`, … */
  readonly requests: Readonly<Record<string, number>>;
  /** Answers that were errors, by name: `ENOENT`, `EIO`, … */
  readonly errors: Readonly<Record<string, number>>;
  /** Requests that wait for their answer now. */
  readonly inFlight: number;
  /** Bytes answered to reads; the kernel's own cache answers others. */
  readonly bytesRead: number;
  /** Answers to reads that were taken back because their bytes could not be verified; only with `progressive`. */
  readonly retracted: number;
  /** Times the kernel was told to forget something. */
  readonly notices: number;
  /** Files that are open now. */
  readonly openFiles: number;
  /** Files and folders the kernel knows now. */
  readonly knownNodes: number;
}
