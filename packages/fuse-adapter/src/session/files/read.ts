import { hasCode, type ReadOptions } from '@newsreel/core';
import { Refusal } from '../../errno.js';
import { seekWhence } from '../../protocol/flags.js';
import { encodeLseek, replyHeader } from '../../protocol/reply.js';
import { type Answer, done, refused } from '../answer.js';
import type { Operation, Service } from '../service.js';
import type { OpenFile } from './open-file.js';

/** READ: the bytes as the engine holds them, without a copy; fewer than asked for only at the end of the file. */
export const read: Operation<'read'> = (service, { handle, offset, size }, call) => {
  const file = service.files.get(handle);
  if (file === undefined) return refused('EBADF');
  if (!service.isAccepting()) return refused('ESHUTDOWN');
  const length = Math.min(size, file.handle.size - offset);
  if (length <= 0) return done;
  return lent(service, file, { offset, length, signal: call.signal });
};

/** LSEEK: there are no holes. */
export const lseek: Operation<'lseek'> = ({ files }, { handle, offset, whence }) => {
  const file = files.get(handle);
  if (file === undefined) return refused('EBADF');
  if (whence !== seekWhence.DATA && whence !== seekWhence.HOLE) return refused('EINVAL');
  const { size } = file.handle;
  if (offset >= size) return refused('ENXIO');
  const found = whence === seekWhence.DATA ? offset : size;
  return { errno: 0, message: (unique) => [encodeLseek(unique, found)] };
};

interface Wanted {
  readonly offset: number;
  readonly length: number;
  readonly signal: AbortSignal;
}

async function lent(service: Service, file: OpenFile, wanted: Wanted): Promise<Answer> {
  try {
    return await lend(service, file, wanted);
  } catch (error) {
    // The kernel keeps the pages it could not fill, and would read those one by one ever after: the next open drops them.
    file.node.cachedEtag = undefined;
    // Closed because it is in the catalog no more, not because we are closing.
    const isGone = hasCode(error, 'ERR_CLOSED') && service.nodes.pathOf(file.node) === undefined;
    throw isGone ? new Refusal('ESTALE') : error;
  }
}

async function lend(service: Service, file: OpenFile, { offset, length, signal }: Wanted): Promise<Answer> {
  const { integrity, label } = service.options;
  const retraction = integrity === 'progressive' ? new Retraction(service, file, offset, length) : undefined;
  const options: ReadOptions = { signal, integrity, label, onUnverified: retraction?.onUnverified };
  const loan = await file.handle.lend(offset, length, options);
  // Fewer bytes would be taken for the end of the file, and the rest for zeros.
  if (loan.byteLength !== length) {
    loan.release();
    throw new Error(`a handle gave ${loan.byteLength} of ${length} bytes at ${offset}`);
  }
  return {
    errno: 0,
    message: (unique) => {
      retraction?.check();
      return [replyHeader(unique, length), ...loan.views];
    },
    settled: (taken) => {
      loan.release();
      if (!taken) return;
      service.tally.bytesRead += length;
      retraction?.answered();
    },
  };
}

/**
 * Bytes that are answered before they are verified, and forgotten when they turn out wrong. The notice may have to wait in
 * the kernel for reads of the same pages: those get other bytes or an error from the engine, never these.
 */
class Retraction {
  readonly #service: Service;
  readonly #forget: () => void;
  #state: 'open' | 'wrong' | 'answered' = 'open';
  #error: unknown;

  constructor(service: Service, { node }: OpenFile, offset: number, length: number) {
    this.#service = service;
    this.#forget = () => service.notices.range(node, offset, length);
  }

  readonly onUnverified = (error: unknown): void => {
    if (this.#state === 'answered') {
      this.#service.tally.retracted++;
      this.#forget();
    } else {
      this.#state = 'wrong';
      this.#error = error;
    }
  };

  /** Not to be answered with, if they are known to be wrong by now. */
  check(): void {
    if (this.#state === 'wrong') throw this.#error;
  }

  /** The kernel has them. */
  answered(): void {
    this.#state = 'answered';
  }
}
