import type { Logger } from '@newsreel/core';
import type { FuseDevice } from '../device/device.js';
import { errnoName, errnoOf } from '../errno.js';
import { errno } from '../protocol/errno.js';
import { MalformedRequest } from '../protocol/malformed-request.js';
import type { RequestHeader, RequestOf } from '../protocol/messages.js';
import { errorReply } from '../protocol/reply.js';
import { type Answer, failed } from './answer.js';
import { Call, type InFlight } from './in-flight.js';
import { lockingOps, operations, type ServedOp } from './operations.js';
import type { Reports } from './reports.js';
import type { Operation, Service } from './service.js';

/** What answers are given with. */
export interface AnsweringParts {
  readonly device: Pick<FuseDevice, 'reply'>;
  readonly service: Service;
  readonly inFlight: InFlight;
  readonly reports: Reports;
  readonly logger: Logger;
}

/** Gives every request exactly one answer, whatever happens. */
export class Answering {
  readonly #parts: AnsweringParts;

  constructor(parts: AnsweringParts) {
    this.#parts = parts;
  }

  /** Answers from the catalog: at once where that is possible. */
  serve(request: RequestOf<ServedOp>): void {
    const call = new Call(request);
    let answer: Answer | Promise<Answer>;
    try {
      const operation = operations[request.op] as Operation<ServedOp>;
      answer = operation(this.#parts.service, request, call);
    } catch (error) {
      answer = this.#failure(call, error);
    }
    if (answer instanceof Promise) this.#wait(call, answer);
    else this.#write(call, answer);
  }

  /** Writes a message to the kernel; one it refuses is logged. */
  reply({ unique }: Pick<RequestHeader, 'unique'>, message: readonly Uint8Array[]): boolean {
    try {
      return this.#parts.device.reply(message);
    } catch (error) {
      this.#parts.logger.error({ err: error, unique }, 'an answer could not be given to the kernel');
      return false;
    }
  }

  /** Answers bytes that are no request, if it can be told to whom. */
  refuse(error: unknown): void {
    const number = error instanceof MalformedRequest ? error.errno : errno.EIO;
    const unique = error instanceof MalformedRequest ? error.unique : undefined;
    this.#parts.service.tally.error(number);
    this.#parts.reports.failed(error, { errno: errnoName(number) });
    if (unique !== undefined) this.reply({ unique }, [errorReply(unique, number)]);
  }

  /** Answers when the operation has come to an end or is given up, whichever is first; it may go on for nobody. */
  #wait(call: Call, promise: Promise<Answer>): void {
    const { inFlight, service } = this.#parts;
    const folder = lockingOps.has(call.op) ? service.nodes.get(call.node) : undefined;
    if (folder !== undefined) folder.locks++;
    let isOpen = true;
    const settle = (answer: Answer) => {
      isOpen = false;
      inFlight.delete(call);
      this.#write(call, answer);
      if (folder === undefined) return;
      folder.locks--;
      service.notices.unlocked();
    };
    call.onAbort = (reason) => {
      if (isOpen) settle(this.#failure(call, reason));
    };
    inFlight.add(call);
    promise.then(
      (answer) => {
        if (isOpen) settle(answer);
        else answer.settled?.(false);
      },
      (error) => {
        if (isOpen) settle(this.#failure(call, error));
      },
    );
  }

  #write(call: Call, answer: Answer): void {
    let isTaken = false;
    let written = answer;
    try {
      isTaken = this.#parts.device.reply(answer.message(call.unique));
    } catch (error) {
      // Whatever the reason, somebody waits.
      written = this.#failure(call, error);
      this.reply(call, written.message(call.unique));
    }
    if (written.errno !== 0) this.#parts.service.tally.error(written.errno);
    answer.settled?.(isTaken);
  }

  #failure(call: Call, error: unknown): Answer {
    const { reports, service } = this.#parts;
    const found = errnoOf(error);
    // Programs that read know EIO; ETIMEDOUT is for those that ask for names.
    const number = call.op === 'read' && found === errno.ETIMEDOUT ? errno.EIO : found;
    const node = service.nodes.get(call.node);
    const path = node && service.nodes.pathOf(node);
    reports.failed(error, { op: call.op, path, errno: errnoName(number) });
    return failed(number);
  }
}
