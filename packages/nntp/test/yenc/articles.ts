import { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';
import {
  createArticleDecoder,
  type DecodeEngineName,
  type DecodeOutcome,
  type DecodeStart,
} from '../../src/yenc/decoder.js';

export interface EncodeOptions {
  /** Encoded characters per line. */
  readonly line?: number;
  /** Double dots at line starts, as on the wire. */
  readonly stuff?: boolean;
  /** Escape TAB and space at line ends too, as some encoders do. */
  readonly careful?: boolean;
}

/** A plain yEnc encoder for tests: data lines with CR LF, nothing around them. */
export function encode(data: Uint8Array, { line = 128, stuff = true, careful = false }: EncodeOptions = {}): Buffer {
  const out: number[] = [];
  let column = 0;
  data.forEach((byte, index) => {
    const code = (byte + 42) & 255;
    const edge = column === 0 || column >= line - 1 || index === data.length - 1;
    const critical = code === 0 || code === 10 || code === 13 || code === 61;
    if (critical || (careful && edge && (code === 9 || code === 32 || code === 46))) {
      out.push(61, (code + 64) & 255);
      column += 2;
    } else {
      if (stuff && code === 46 && column === 0) out.push(46);
      out.push(code);
      column++;
    }
    if (column >= line) {
      out.push(13, 10);
      column = 0;
    }
  });
  if (column > 0) out.push(13, 10);
  return Buffer.from(out);
}

/** Bytes that look random but are the same in every run. */
export function noise(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed >>> 0 || 1;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state >>> 11;
  }
  return bytes;
}

export const hex = (bytes: Uint8Array) => crc32(bytes).toString(16).padStart(8, '0');
export const latin1 = (text: string) => Buffer.from(text, 'latin1');
export const terminator = '.\r\n';

/** The body of a single-part article, terminator included. */
export function singlePart(data: Uint8Array, name = 'file.bin', options: EncodeOptions = {}): Buffer {
  return body(
    `=ybegin line=${options.line ?? 128} size=${data.length} name=${name}`,
    encode(data, options),
    `=yend size=${data.length} crc32=${hex(data)}`,
  );
}

/** The body of one part of a file, terminator included. `start` counts from 0. */
export function multiPart(data: Uint8Array, start: number, fileSize: number, part = 2): Buffer {
  return body(
    `=ybegin part=${part} total=9 line=128 size=${fileSize} name=file.bin`,
    `=ypart begin=${start + 1} end=${start + data.length}`,
    encode(data),
    `=yend size=${data.length} part=${part} pcrc32=${hex(data)}`,
  );
}

/** Lines (text gets a CR LF, bytes are taken as they are) and the terminator. */
export function body(...lines: (string | Uint8Array)[]): Buffer {
  return Buffer.concat([...lines.map((l) => (typeof l === 'string' ? latin1(`${l}\r\n`) : l)), latin1(terminator)]);
}

export interface DecodeRun {
  readonly outcome: DecodeOutcome;
  /** Input bytes consumed. */
  readonly consumed: number;
}

const quiet = { id: 'id@test', provider: 'test' } as const;

/** Feeds a body in pieces of the given sizes (the last one repeats) and finishes. The decoder copies the bytes out. */
export function decodeBody(
  engine: DecodeEngineName,
  input: Uint8Array,
  pieces: readonly number[] = [input.length],
  options: Partial<DecodeStart> = {},
): DecodeRun {
  const decoder = createArticleDecoder({ engine });
  decoder.start({ ...quiet, keepDamaged: true, ...options });
  let at = 0;
  for (let turn = 0; at < input.length && !decoder.ended; turn++) {
    const size = pieces[Math.min(turn, pieces.length - 1)] as number;
    at = decoder.push(input, at, Math.min(input.length, at + Math.max(size, 1)));
  }
  if (!decoder.ended) {
    decoder.abandon();
    throw new Error('the body never ended');
  }
  const outcome = decoder.finish();
  const bytes = outcome.bytes?.slice();
  outcome.free();
  return { outcome: { ...outcome, bytes } as DecodeOutcome, consumed: at };
}
