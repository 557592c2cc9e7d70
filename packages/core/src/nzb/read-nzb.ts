import { z } from 'zod';
import type { RequestOptions } from '../model/common.js';
import type { Nzb, NzbInput } from '../model/nzb.js';
import { parseOptions } from '../util/parse-options.js';
import { throwIfAborted } from '../util/signals.js';
import { inflatedAtOnce, inflatedPieces } from './nzb-pieces.js';
import { NzbReading } from './nzb-reading.js';

/** How long the event loop may be kept before others get their turn, in milliseconds. */
const turnMs = 2;

/** Largest NZB that is read unless told otherwise: 512 MiB. An NZB of 150 MB lists a million articles. */
export const defaultMaxNzbBytes = 512 * 2 ** 20;

/** How an NZB is parsed. */
export interface ParseNzbOptions {
  /**
   * Largest NZB in bytes, as it comes and inflated; of text, in characters. More is refused with `ERR_NZB_INVALID`.
   * @default 536_870_912 (512 MiB)
   */
  readonly maxBytes?: number | undefined;
}

/** How an NZB is read. */
export interface ReadNzbOptions extends ParseNzbOptions, RequestOptions {}

const maxBytesSchema = z.int().positive().optional();
const parseSchema = z.strictObject({ maxBytes: maxBytesSchema });
/** By shape, because a signal may come from another realm. */
const isSignal = (value: unknown) => typeof value === 'object' && value !== null && 'aborted' in value;
const readSchema = parseSchema.extend({
  signal: z.custom<AbortSignal>(isSignal, 'must be an AbortSignal').optional(),
});

/**
 * Reads an NZB that is in memory, at once: for tools and small ones, because nothing else runs meanwhile. Otherwise as
 * {@link readNzb}.
 * @throws NzbInvalidError with the line when known
 */
export function parseNzb(input: string | Uint8Array, options: ParseNzbOptions = {}): Nzb {
  const { maxBytes = defaultMaxNzbBytes } = parseOptions('NZB options', parseSchema, options);
  const reading = new NzbReading(maxBytes);
  const steps = typeof input === 'string' ? reading.text(input) : reading.bytes(inflatedAtOnce(input, maxBytes));
  for (const _ of steps);
  return reading.finish();
}

/**
 * Reads an NZB from text, bytes or a stream of bytes, gzipped or not, letting others run every few milliseconds.
 * Tolerates what indexers get wrong and lists it in `warnings`; refuses what cannot be meant as an NZB. Nothing outside
 * the input is ever loaded and no entities are expanded beyond XML's own five. A stream is left when reading ends early.
 * It is waited for as long as it takes: end that with the signal.
 * @throws NzbInvalidError with the line when known; what the stream itself throws is passed on as it is
 */
export async function readNzb(input: NzbInput, options: ReadNzbOptions = {}): Promise<Nzb> {
  const { signal, maxBytes = defaultMaxNzbBytes } = parseOptions<ReadNzbOptions>('NZB options', readSchema, options);
  throwIfAborted(signal);
  const reading = new NzbReading(maxBytes);
  const turns = new Turns(signal);
  try {
    if (typeof input === 'string') for (const _ of reading.text(input)) await turns.next();
    else {
      for await (const piece of inflatedPieces(input, { signal, maxBytes }))
        for (const _ of reading.bytes(piece)) await turns.next();
    }
    return reading.finish();
  } catch (error) {
    throwIfAborted(signal);
    throw error;
  }
}

/** Gives way to everybody else when it is time. */
class Turns {
  readonly #signal: AbortSignal | undefined;
  #startedMs = performance.now();

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  async next(): Promise<void> {
    if (performance.now() - this.#startedMs < turnMs) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    throwIfAborted(this.#signal);
    this.#startedMs = performance.now();
  }
}
