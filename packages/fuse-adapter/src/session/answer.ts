import { type ErrnoName, errno } from '../protocol/errno.js';
import { encodeOpen, errorReply, replyHeader } from '../protocol/reply.js';
import type { Handles } from './handles.js';

/** What a request is answered with. */
export interface Answer {
  /** 0, or what went wrong. */
  readonly errno: number;
  /** Makes the whole message. Called at most once, right before it is written: headers share a buffer. */
  readonly message: (unique: number) => readonly Uint8Array[];
  /**
   * Called once: right after it was written (`taken`), or when nobody waited for it any more, perhaps without there ever
   * having been a message. Must not throw.
   */
  readonly settled?: ((taken: boolean) => void) | undefined;
}

/** It went well, and there is nothing more to say. */
export const done: Answer = { errno: 0, message: (unique) => [replyHeader(unique, 0)] };

/** It did not go well. */
export function failed(number: number): Answer {
  return { errno: number, message: (unique) => [errorReply(unique, number)] };
}

const refusals = new Map<ErrnoName, Answer>();

/** It did not go well, for one of the usual reasons. */
export function refused(name: ErrnoName): Answer {
  let answer = refusals.get(name);
  if (answer === undefined) {
    answer = failed(errno[name]);
    refusals.set(name, answer);
  }
  return answer;
}

/** Bytes. */
export function withBytes(payload: Uint8Array): Answer {
  return { errno: 0, message: (unique) => [replyHeader(unique, payload.length), payload] };
}

/**
 * Something was opened: it gets its number with the answer, and is closed when nobody takes that.
 * @param handles where it is kept while it is open
 * @param flags asked for right before it is written
 * @param close gives it back; must not throw
 * @param taken told when the kernel has it
 */
export function opened<T>(
  handles: Handles<T>,
  item: T,
  { flags, close, taken }: { flags: () => number; close: () => void; taken: () => void },
): Answer {
  let handle = 0;
  return {
    errno: 0,
    message: (unique) => {
      handle = handles.add(item);
      return [encodeOpen(unique, { handle, flags: flags() })];
    },
    settled: (isTaken) => {
      if (isTaken) {
        taken();
        return;
      }
      handles.take(handle);
      close();
    },
  };
}
