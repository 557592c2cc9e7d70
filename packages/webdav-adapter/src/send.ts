import type { ServerResponse } from 'node:http';
import { onAbort } from '@newsreel/core/plugin';
import { type BodyStream, isBodyStream } from './body-stream.js';
import type { DavResponse } from './call.js';
import { Outbox, type OutboxOptions } from './outbox.js';

/** How an answer is sent. */
export interface SendOptions extends OutboxOptions {
  readonly signal: AbortSignal;
  /** The connection must not be used again: the request was not read to its end, or the server is closing. */
  readonly lastOnConnection: boolean;
}

/**
 * Puts an answer on a `node:http` response and resolves when the connection has all of it or is gone. A body that
 * cannot be completed ends with the connection destroyed, so that a truncated body looks truncated.
 */
export async function send(answer: DavResponse, response: ServerResponse, options: SendOptions): Promise<void> {
  const { body } = answer;
  const outbox = new Outbox(response, options);
  const onClose = () => outbox.drop();
  response.once('close', onClose);
  // A short answer is sent even after an abort: it may be the one that tells of it.
  const off = isBodyStream(body) ? onAbort(options.signal, () => response.destroy()) : () => {};
  try {
    if (response.destroyed) return;
    const headers = options.lastOnConnection ? { ...answer.headers, Connection: 'close' } : answer.headers;
    response.writeHead(answer.status, headers);
    if (isBodyStream(body)) await pour(body, outbox);
    await outbox.end(isBodyStream(body) ? undefined : body);
  } catch (error) {
    response.destroy();
    outbox.drop();
    throw error;
  } finally {
    off();
    if (isBodyStream(body)) body.close();
    response.off('close', onClose);
  }
}

async function pour(body: BodyStream, outbox: Outbox): Promise<void> {
  const promised = body.length ?? Number.POSITIVE_INFINITY;
  let sent = 0;
  for (;;) {
    await outbox.room();
    const lease = await body.next();
    if (lease === undefined) break;
    sent += lease.bytes.length;
    if (sent <= promised) outbox.write(lease);
    else {
      lease.release();
      break;
    }
  }
  checkLength(sent, body.length);
}

/** A source that delivers more or less than it announced must not end a body quietly. */
export function checkLength(sent: number, promised: number | undefined): void {
  if (promised !== undefined && sent !== promised) throw new Error(`The source gave ${sent} of ${promised} bytes`);
}
