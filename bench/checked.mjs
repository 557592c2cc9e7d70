import { createHash } from 'node:crypto';

const scratch = Buffer.alloc(1 << 20);

/**
 * Proves that what is read is what was posted: every byte is compared with the content computed from its seed. That is
 * stricter than a hash and, unlike a hash, costs next to nothing beside the reading that is measured.
 */
export class Checked {
  /** Bytes seen so far. */
  bytes = 0;
  #content;
  #position;
  #hash;

  /** `hash: true` computes the SHA-256 as well. */
  constructor(content, start, { hash = false } = {}) {
    this.#content = content;
    this.#position = start;
    this.#hash = hash ? createHash('sha256') : undefined;
  }

  /** @throws when a byte is not the one that was posted */
  push(piece) {
    this.#hash?.update(piece);
    this.bytes += piece.length;
    for (let at = 0; at < piece.length; at += scratch.length) {
      const part = piece.subarray(at, at + scratch.length);
      const expected = scratch.subarray(0, part.length);
      this.#content.readInto(this.#position, expected);
      if (!expected.equals(part)) throw new Error(`wrong bytes in [${this.#position}, +${part.length})`);
      this.#position += part.length;
    }
  }

  /** @throws when fewer or more bytes came than were wanted */
  finish(wanted) {
    if (this.bytes !== wanted) throw new Error(`read ${this.bytes} bytes, wanted ${wanted}`);
  }

  /** SHA-256 of what came, hexadecimal. */
  sha256() {
    return this.#hash?.digest('hex');
  }
}

/** SHA-256 of a range of a content, computed from its seed. */
export function sha256Of(content, start, end) {
  const hash = createHash('sha256');
  for (let at = start; at < end; at += scratch.length) {
    const piece = scratch.subarray(0, Math.min(scratch.length, end - at));
    content.readInto(at, piece);
    hash.update(piece);
  }
  return hash.digest('hex');
}

/**
 * Reads `[start, end)` and compares every byte. Resolves to when the first byte, the last one and all up to `markBytes` were
 * in hand, in milliseconds since the call, how long each next piece took, and the CPU time of whoever read if that was
 * another process. With `openEnded` the stream is asked for up to the end of the file and left after `end`.
 */
export async function readChecked(reader, content, start, end, options = {}) {
  if (reader.checked !== undefined) return reader.checked(content, start, end, options);
  const { openEnded = false, markBytes = 0, hash = false } = options;
  const wanted = end - start;
  const check = new Checked(content, start, { hash });
  const waitsMs = [];
  const startedMs = performance.now();
  let askedMs = startedMs;
  let firstMs;
  let markMs;
  let lastMs;
  for await (const piece of reader.stream(start, openEnded ? reader.size : end)) {
    const nowMs = performance.now();
    if (firstMs === undefined) firstMs = nowMs - startedMs;
    else waitsMs.push(nowMs - askedMs);
    const left = wanted - check.bytes;
    if (piece.length >= left) lastMs = nowMs - startedMs;
    check.push(piece.length > left ? piece.subarray(0, left) : piece);
    if (check.bytes >= markBytes) markMs ??= nowMs - startedMs;
    if (check.bytes >= wanted && openEnded) break;
    askedMs = performance.now();
  }
  check.finish(wanted);
  if (hash && check.sha256() !== sha256Of(content, start, end))
    throw new Error('the hash is not that of the bytes posted');
  return { firstMs, markMs, lastMs, waitsMs, cpuMs: 0 };
}
