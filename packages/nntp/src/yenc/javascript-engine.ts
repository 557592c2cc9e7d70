import { crc32 } from 'node:zlib';
import { inputBytes } from './arena.js';
import { type DecodeCursor, type DecodeEngine, type DecodeTarget, lineState, roomFor, stopped } from './engine.js';
import { createOutsideTarget } from './outside-target.js';

/** The checksum is brought up to date in pieces of at least this: a call costs more than a short piece. */
const hashPieceBytes = 64 * 1024;
const lineFeed = 10;
const carriageReturn = 13;
const dot = 46;
const equals = 61;
const letterY = 121;

/** 1 for the bytes that are not simply shifted: CR, LF and `=`. */
const special = new Uint8Array(256);
special[lineFeed] = 1;
special[carriageReturn] = 1;
special[equals] = 1;

/** The engine for runtimes without WebAssembly SIMD: a byte state machine with a fast path for runs of plain text. */
export function createJavascriptEngine(): DecodeEngine {
  return {
    name: 'javascript',
    input: new Uint8Array(inputBytes),
    allocate: createOutsideTarget,
    decode: (cursor, target, input, start, end) =>
      decodeBytes(cursor, target, input, start, Math.min(end, start + roomFor(cursor, target))),
    fold(cursor, target) {
      if (cursor.written - cursor.hashed >= hashPieceBytes) hash(cursor, target);
    },
    hash,
    crc32: (bytes, seed) => crc32(bytes, seed),
  };
}

function hash(cursor: DecodeCursor, target: DecodeTarget): void {
  cursor.crc = crc32(target.room.subarray(cursor.hashed, cursor.written), cursor.crc);
  cursor.hashed = cursor.written;
}

function decodeBytes(
  cursor: DecodeCursor,
  target: DecodeTarget,
  input: Uint8Array,
  start: number,
  end: number,
): number {
  const output = target.room;
  const quick = end - 3;
  let state = cursor.state;
  let at = start;
  let to = cursor.written;
  let stop: number = stopped.more;
  while (at < end) {
    if (state === lineState.text) {
      // Four at a time: most bytes are neither a line end nor an escape.
      while (at < quick) {
        const a = input[at] as number;
        const b = input[at + 1] as number;
        const c = input[at + 2] as number;
        const d = input[at + 3] as number;
        if (((special[a] as number) | (special[b] as number) | (special[c] as number) | (special[d] as number)) !== 0)
          break;
        output[to] = a - 42;
        output[to + 1] = b - 42;
        output[to + 2] = c - 42;
        output[to + 3] = d - 42;
        at += 4;
        to += 4;
      }
      if (at >= end) break;
    }
    const byte = input[at++] as number;
    if (state >= lineState.escape) {
      if (state === lineState.lineEscape && byte === letterY) {
        state = lineState.line;
        stop = stopped.control;
        break;
      }
      output[to++] = byte - 106;
      state = byte === carriageReturn ? lineState.cr : lineState.text;
    } else if (special[byte] === 0) {
      if (byte === dot && state === lineState.line) state = lineState.dot;
      else {
        output[to++] = byte - 42;
        state = lineState.text;
      }
    } else if (byte === lineFeed && state === lineState.dotCr) {
      state = lineState.line;
      stop = stopped.end;
      break;
    } else state = afterSpecial(state, byte);
  }
  cursor.state = state;
  cursor.at = at;
  cursor.written = to;
  return stop;
}

function afterSpecial(state: number, byte: number): number {
  if (byte === carriageReturn) return state === lineState.dot ? lineState.dotCr : lineState.cr;
  if (byte === lineFeed) return state === lineState.cr ? lineState.line : lineState.text;
  return state === lineState.line || state === lineState.dot ? lineState.lineEscape : lineState.escape;
}
