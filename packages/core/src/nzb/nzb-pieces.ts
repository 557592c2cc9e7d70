import { pipeline } from 'node:stream/promises';
import { isUint8Array } from 'node:util/types';
import { createGunzip, gunzipSync } from 'node:zlib';
import { ConfigInvalidError, NzbInvalidError } from '../errors/index.js';
import type { NzbInput, NzbWebStream } from '../model/nzb.js';
import { abortable, throwIfAborted } from '../util/signals.js';

/** The first two bytes of everything gzip made (RFC 1952, section 2.3.1). */
const isGzip = (bytes: Uint8Array) => bytes[0] === 0x1f && bytes[1] === 0x8b;

const tooLarge = (maxBytes: number) => new NzbInvalidError({ message: `The NZB is larger than ${maxBytes} bytes` });

/** Inflates at once what gzip made; gives back the rest as it is. @throws NzbInvalidError */
export function inflatedAtOnce(bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (!isUint8Array(bytes)) throw notBytes('must be text or bytes');
  if (!isGzip(bytes)) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: maxBytes });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    throw damaged(cause);
  }
}

/** The pieces of whatever an NZB is given as, inflated when gzip made them. @throws NzbInvalidError */
export async function* inflatedPieces(
  input: Exclude<NzbInput, string>,
  options: { readonly signal?: AbortSignal | undefined; readonly maxBytes: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  const pieces = bounded(piecesOf(input, options.signal), options.maxBytes);
  try {
    const head = await headOf(pieces);
    const all = resumed(head, pieces);
    yield* isGzip(head) ? inflated(all) : all;
  } finally {
    await pieces.return();
  }
}

async function* bounded(pieces: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array, void> {
  let total = 0;
  for await (const piece of pieces) {
    if (!isUint8Array(piece)) throw notBytes('a source gave something else than bytes (a Uint8Array)');
    total += piece.length;
    if (total > maxBytes) throw tooLarge(maxBytes);
    yield piece;
  }
}

/** As much as is needed to tell what it is. */
async function headOf(pieces: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  let head: Uint8Array = new Uint8Array();
  while (head.length < 2) {
    const { done, value } = await pieces.next();
    if (done) break;
    head = head.length === 0 ? value : Buffer.concat([head, value]);
  }
  return head;
}

async function* resumed(head: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  yield head;
  yield* rest;
}

async function* inflated(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const gunzip = createGunzip({ chunkSize: 64 * 1024 });
  const fed = pipeline(pieces, gunzip);
  // Told by the loop below as well.
  fed.catch(() => {});
  try {
    for await (const piece of gunzip) yield piece as Uint8Array;
  } catch (cause) {
    throw String((cause as NodeJS.ErrnoException | null)?.code).startsWith('Z_') ? damaged(cause) : cause;
  } finally {
    gunzip.destroy();
  }
}

const damaged = (cause: unknown) => new NzbInvalidError({ message: 'The gzip data is damaged or cut off', cause });

async function* piecesOf(
  input: Exclude<NzbInput, string>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void> {
  if (isUint8Array(input)) {
    yield input;
    return;
  }
  const source = sourceOf(input);
  let isEnded = false;
  try {
    for (;;) {
      throwIfAborted(signal);
      const { done, value } = await abortable(source.next(), signal);
      if (done) break;
      yield value as Uint8Array;
    }
    isEnded = true;
  } finally {
    // Not waited for: a source that hangs may never answer, and what it says does not matter any more.
    if (!isEnded) source.leave().catch(() => {});
  }
}

interface Source {
  next(): Promise<{ readonly done?: boolean | undefined; readonly value?: unknown }>;
  leave(): Promise<unknown>;
}

function sourceOf(input: NzbWebStream | AsyncIterable<Uint8Array>): Source {
  const given = input as Partial<NzbWebStream & AsyncIterable<Uint8Array>> | null | undefined;
  if (typeof given?.getReader === 'function') {
    const reader = given.getReader();
    return { next: () => reader.read(), leave: () => reader.cancel() };
  }
  const iterator = given?.[Symbol.asyncIterator]?.();
  if (iterator === undefined)
    throw notBytes('must be text, bytes, an async iterable of bytes or a web stream of bytes');
  return { next: () => iterator.next(), leave: async () => iterator.return?.() };
}

const notBytes = (message: string) => new ConfigInvalidError({ what: 'NZB', issues: [{ path: '', message }] });
