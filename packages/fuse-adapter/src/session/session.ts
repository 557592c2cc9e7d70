import { ClosedError, MountUnavailableError } from '@newsreel/core';
import { decodeRequest } from '../protocol/decode.js';
import { errno } from '../protocol/errno.js';
import type { FuseRequest, RequestOf } from '../protocol/messages.js';
import { negotiate } from '../protocol/negotiate.js';
import { encodeInit, errorReply, replyHeader } from '../protocol/reply.js';
import { Answering } from './answering.js';
import { createService, type SessionParts } from './create-service.js';
import { InFlight } from './in-flight.js';
import { wantedConnection } from './negotiation.js';
import { Reports } from './reports.js';
import type { Service } from './service.js';
import type { FuseStats } from './stats.js';

interface Begun {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Serves one connection until it ends. */
export class Session {
  readonly #parts: SessionParts;
  readonly #service: Service;
  readonly #inFlight: InFlight;
  readonly #answering: Answering;
  #isAccepting = true;
  #ended: Promise<void> | undefined;

  /** @throws ConfigInvalidError when the mount is to be writable and the adapter may not edit */
  constructor(parts: SessionParts) {
    const { clock, device, host, options } = parts;
    const { logger } = host;
    this.#parts = parts;
    this.#service = createService(parts, () => this.#isAccepting);
    this.#inFlight = new InFlight(clock, options.requestTimeoutMs);
    const reports = new Reports(logger, clock);
    this.#answering = new Answering({ device, service: this.#service, inFlight: this.#inFlight, reports, logger });
  }

  /**
   * Begins to serve; resolves when the kernel and we have agreed on how.
   * @param onEnd called once when the connection has ended, with a cause unless it was unmounted
   * @throws MountUnavailableError when there is no agreement, or the connection ends before
   */
  start(onEnd: (cause?: unknown) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#parts.device.start(
        (bytes) => this.#receive(bytes, { resolve, reject }),
        (cause) => {
          reject(unavailable('The connection to the kernel ended before it began', cause));
          onEnd(cause);
        },
      );
    });
  }

  /** What it has done and is doing. */
  stats(): FuseStats {
    const { files, nodes, notices, tally } = this.#service;
    return {
      requests: tally.requests,
      errors: tally.errors,
      inFlight: this.#inFlight.size,
      bytesRead: tally.bytesRead,
      retracted: tally.retracted,
      notices: notices.sent,
      openFiles: files.size,
      knownNodes: nodes.size,
    };
  }

  /** Nothing more is opened or read. The rest is still answered: unmounting needs it. */
  stopAccepting(): void {
    this.#isAccepting = false;
  }

  /** Resolves when no request waits. */
  idle(): Promise<void> {
    return this.#inFlight.idle();
  }

  /** Fails what waits. */
  abort(): void {
    this.#inFlight.abortAll(new ClosedError({ what: 'mount' }));
  }

  /** Gives everything back; resolves when all handles are closed. Never rejects. Idempotent. */
  end(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async #end(): Promise<void> {
    this.stopAccepting();
    this.abort();
    this.#inFlight.end();
    const { changes, files, folders, health, logger, notices } = this.#service;
    changes.end();
    health.end();
    notices.end();
    for (const listing of folders.takeAll()) listing.close();
    const closing = await Promise.allSettled(files.takeAll().map(({ handle }) => handle.close()));
    for (const result of closing)
      if (result.status === 'rejected') logger.warn({ err: result.reason }, 'closing a file failed');
  }

  #receive(bytes: Uint8Array, begun: Begun): void {
    let request: FuseRequest;
    try {
      request = decodeRequest(bytes);
    } catch (error) {
      this.#answering.refuse(error);
      return;
    }
    const { nodes, tally } = this.#service;
    tally.request(request.op);
    if (request.op === 'init') this.#agree(request, begun);
    else if (request.op === 'destroy') this.#answering.reply(request, [replyHeader(request.unique, 0)]);
    else if (request.op === 'interrupt') this.#inFlight.interrupt(request.interrupted);
    else if (request.op === 'forget') for (const { node, lookups } of request.forgotten) nodes.forget(node, lookups);
    else this.#answering.serve(request);
  }

  #agree(request: RequestOf<'init'>, { resolve, reject }: Begun): void {
    const negotiation = negotiate(request, wantedConnection(this.#service.options));
    if (negotiation.outcome === 'refused') {
      this.#answering.reply(request, [errorReply(request.unique, errno.EPROTO)]);
      reject(unavailable(`The kernel speaks version ${negotiation.offered} of FUSE; 7.31 or newer is needed`));
      return;
    }
    const isTaken = this.#answering.reply(request, [encodeInit(request.unique, negotiation.reply)]);
    if (!isTaken) reject(unavailable('The kernel did not wait for the answer that begins a mount'));
    else if (negotiation.outcome === 'agreed') resolve();
  }
}

function unavailable(message: string, cause?: unknown): MountUnavailableError {
  const remedy =
    'Use Linux 5.4 or newer, or serve the catalog with @newsreel/webdav-adapter and mount that with rclone.';
  return new MountUnavailableError({ message, reason: 'failed', remedy, cause });
}
