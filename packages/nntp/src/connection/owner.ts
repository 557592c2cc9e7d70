/** Why a connection ended. */
export type CloseReason = 'idle' | 'error' | 'shutdown' | 'aborted';

/** What a connection asks of and tells its owner. */
export interface ConnectionOwner {
  /** No command can be sent any more; the socket may take a moment to go. Called before the exchanges in flight fail. */
  ended(reason: CloseReason, cause: unknown): void;
  /** Whether a socket may be dropped now to save the bytes still coming. */
  mayDrop(): boolean;
  /** The account's other connections that have articles on the way. */
  peers(): readonly { readonly wireBytes: number }[];
  /** What the server is usually like, in milliseconds: from command to first byte, and until a new connection answers. */
  times(): { readonly roundTripMs: number; readonly redialMs: number };
}
