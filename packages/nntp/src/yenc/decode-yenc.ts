import { Buffer } from 'node:buffer';
import { ArticleCorruptError, type PartHeader } from '@newsreel/core';
import { parseOptions } from '@newsreel/core/plugin';
import { z } from 'zod';
import { createArticleDecoder } from './decoder.js';
import type { DecodeEngineName, DecodeOutcome } from './port.js';

/** How a text is read. */
export interface DecodeYencOptions {
  /**
   * The text is as it came over NNTP: dots at line starts are doubled, and it ends at a line "." if it has one.
   * @default false
   */
  readonly dotStuffed?: boolean | undefined;
  /** Return what could be decoded of a damaged text, with `status: 'corrupt'`, instead of throwing. @default false */
  readonly keepDamaged?: boolean | undefined;
  /** Implementation. @default the fastest one this runtime has */
  readonly engine?: DecodeEngineName | undefined;
}

/** A decoded yEnc text. */
export interface DecodedYenc {
  /** Whether headers, length and checksum agree with the bytes. Always `ok` without `keepDamaged`. */
  readonly status: 'ok' | 'corrupt';
  /** The decoded bytes: a copy of your own. */
  readonly bytes: Uint8Array;
  /** Where they belong in their file; absent when a damaged text has no usable headers. */
  readonly part?: PartHeader | undefined;
  /** CRC-32 of the bytes, when the text carried one and it matched. */
  readonly crc32?: number | undefined;
  /** What is wrong with a damaged text, in words. */
  readonly reason?: string | undefined;
}

const schema = z.strictObject({
  dotStuffed: z.boolean().optional(),
  keepDamaged: z.boolean().optional(),
  engine: z.enum(['wasm-relaxed', 'wasm-strict', 'javascript']).optional(),
});

/** A truncated text may declare more than it has; a buffer for this much costs nothing until it is written. */
const leastLimitBytes = 64 * 1024 * 1024;

/** What ends the text for the decoder; the leading line end also completes an unfinished last line. */
const terminator = Buffer.from('\r\n.\r\n', 'latin1');

/**
 * Decodes one yEnc text (yEnc 1.3) held in memory: a `.yenc` file, a saved article. Text around `=ybegin` and `=yend` is
 * ignored; line ends may be CR LF or LF. Of several yEnc blocks only the first is read.
 * @throws ArticleCorruptError when headers, length or checksum disagree, or there is no yEnc data
 * @throws ConfigInvalidError when the options are not usable
 */
export function decodeYenc(input: Uint8Array, options: DecodeYencOptions = {}): DecodedYenc {
  const { dotStuffed, keepDamaged, engine } = parseOptions('decodeYenc options', schema, options);
  const text = asWireText(Buffer.from(input.buffer, input.byteOffset, input.length), dotStuffed ?? false);
  const decoder = createArticleDecoder({ engine, maxPartBytes: Math.max(text.length, leastLimitBytes) });
  decoder.start({ id: '', provider: '', keepDamaged: true });
  decoder.push(text, 0, text.length);
  if (!decoder.ended) decoder.push(terminator, 0, terminator.length);
  const outcome = decoder.finish();
  try {
    if (outcome.status === 'corrupt' && !keepDamaged) throw corruptError(outcome);
    return resultOf(outcome);
  } finally {
    outcome.free();
  }
}

function resultOf(outcome: DecodeOutcome): DecodedYenc {
  const bytes = outcome.bytes ? outcome.bytes.slice() : new Uint8Array(0);
  if (outcome.status === 'ok') return { status: 'ok', bytes, part: outcome.part, crc32: outcome.crc32 };
  return { status: 'corrupt', bytes, part: outcome.part, reason: outcome.reason };
}

function corruptError(outcome: DecodeOutcome & { status: 'corrupt' }): ArticleCorruptError {
  const { reason, expectedCrc, actualCrc } = outcome;
  return new ArticleCorruptError({ messageId: '', provider: 'the given text', reason, expectedCrc, actualCrc });
}

/** The text as a server would send it: CR LF line ends, dots doubled, no escape left open at its very end. */
function asWireText(text: Buffer, dotStuffed: boolean): Buffer {
  const whole = text.subarray(0, text.length - openEscape(text));
  const header = whole.indexOf('=ybegin ', 0, 'latin1');
  const lineEnd = header < 0 ? -1 : whole.indexOf(10, header);
  const bareLineFeeds = lineEnd > 0 && whole[lineEnd - 1] !== 13;
  const startsWithDot = whole.length > 0 && whole[0] === 46;
  const needsDots = !dotStuffed && (startsWithDot || whole.indexOf('\n.', 0, 'latin1') >= 0);
  return bareLineFeeds || needsDots ? rewriteLines(whole, bareLineFeeds, !dotStuffed) : whole;
}

/** 1 when the text ends with an `=` that escapes nothing. */
function openEscape(text: Buffer): number {
  let run = 0;
  while (run < text.length && text[text.length - 1 - run] === 61) run++;
  return run % 2;
}

/** A copy with CR LF for every LF (if asked) and a second dot before a dot at the start of a line (if asked). */
function rewriteLines(text: Buffer, addReturns: boolean, addDots: boolean): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < text.length; ) {
    const feed = text.indexOf(10, at);
    const end = feed < 0 ? text.length : feed + 1;
    if (addDots && text[at] === 46 && startsLine(text, at, addReturns)) pieces.push(dot);
    if (addReturns && feed >= 0 && text[feed - 1] !== 13) pieces.push(text.subarray(at, feed), lineEnd);
    else pieces.push(text.subarray(at, end));
    at = end;
  }
  return Buffer.concat(pieces);
}

const dot = Buffer.from('.', 'latin1');
const lineEnd = Buffer.from('\r\n', 'latin1');

function startsLine(text: Buffer, at: number, bareLineFeeds: boolean): boolean {
  return at === 0 || bareLineFeeds || text[at - 2] === 13;
}
