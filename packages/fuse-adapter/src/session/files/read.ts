import { hasCode, type ReadOptions } from '@newsreel/core';
import { abortable } from '@newsreel/core/plugin';
import { Refusal } from '../../errno.js';
import { seekWhence } from '../../protocol/flags.js';
import { encodeLseek, replyHeader } from '../../protocol/reply.js';
import { type Answer, done, refused } from '../answer.js';
import type { Call } from '../in-flight.js';
import type { Operation, Service } from '../service.js';
import { EarlyAnswer } from './early-answer.js';
import type { OpenFile } from './open-file.js';

/** READ: the bytes as the engine holds them, without a copy; fewer than asked for only at the end of the file. */
export const read: Operation<'read'> = (service, { handle, offset, size }, call) => {
  const file = service.files.get(handle);
  if (file === undefined) return refused('EBADF');
  if (!service.isAccepting()) return refused('ESHUTDOWN');
  const length = Math.min(size, file.handle.size - offset);
  if (length <= 0) return done;
  const { node } = file;
  call.patienceMs = service.stalls.patienceMs(node, offset, length);
  if (call.patienceMs === undefined) call.onLate = () => service.stalls.add(node, offset, length);
  return lent(service, file, { offset, length, call });
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
  readonly call: Call;
}

async function lent(service: Service, file: OpenFile, wanted: Wanted): Promise<Answer> {
  file.node.reads++;
  try {
    return await lend(service, file, wanted);
  } catch (error) {
    // The kernel keeps the pages it could not fill, and would read those one by one ever after: the next open drops them.
    file.node.hasBadPages = true;
    // Closed because it is in the catalog no more, not because we are closing.
    const isGone = hasCode(error, 'ERR_CLOSED') && service.nodes.pathOf(file.node) === undefined;
    throw isGone ? new Refusal('ESTALE') : error;
  } finally {
    file.node.reads--;
  }
}

async function lend(service: Service, file: OpenFile, wanted: Wanted): Promise<Answer> {
  const { offset, length, call } = wanted;
  const { signal } = call;
  const { integrity, label } = service.options;
  file.check();
  if (integrity === 'verified') return answer(service, file, wanted, { signal, integrity, label });
  // The end of the file is the promise that all of it was right, as it is for streams.
  if (offset + length >= file.handle.size) file.isEnding = true;
  if (file.isEnding || file.node.isMistrusted)
    return answer(service, file, wanted, { signal, integrity: 'verified', label });
  const early = new EarlyAnswer(service, file, offset, length);
  const { onVerified, onUnverified } = early;
  return answer(service, file, wanted, { signal, integrity, label, onVerified, onUnverified }, early);
}

async function answer(
  service: Service,
  file: OpenFile,
  { offset, length, call }: Wanted,
  options: ReadOptions,
  early?: EarlyAnswer,
): Promise<Answer> {
  const loan = await file.handle.lend(offset, length, options).catch((error: unknown) => {
    early?.end();
    throw error;
  });
  try {
    // Fewer bytes would be taken for the end of the file, and the rest for zeros.
    if (loan.byteLength !== length) throw new Error(`a handle gave ${loan.byteLength} of ${length} bytes at ${offset}`);
    if (file.isEnding && early === undefined) await abortable(file.proved(), call.signal);
    file.check();
    call.giveBackSignal();
  } catch (error) {
    loan.release();
    early?.end();
    throw error;
  }
  return {
    errno: 0,
    message: (unique) => {
      early?.check();
      return [replyHeader(unique, length), ...loan.views];
    },
    settled: (taken) => {
      loan.release();
      if (!taken) return;
      service.tally.bytesRead += length;
      early?.answered();
    },
  };
}
