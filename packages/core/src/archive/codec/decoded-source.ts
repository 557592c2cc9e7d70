import { ClosedError } from '../../errors/index.js';
import { interruptible } from '../../fetch/interruptible.js';
import { checkRange } from '../../files/check-range.js';
import type { ByteReadOptions, ByteSource, Segment } from '../../model/byte-source.js';
import type { ByteLedger, Lease } from '../../model/bytes.js';
import type { ByteRange, Clock } from '../../model/common.js';
import { systemClock } from '../../util/clock.js';
import { closeOnce } from '../../util/close-all.js';
import { subLease } from '../../util/lease.js';
import { throwIfAborted } from '../../util/signals.js';
import type { Codec } from './codec.js';
import { decodedSegments } from './decoded-segments.js';
import { DecodingRuns } from './decoding-runs.js';
import { checkCodec } from './lzma-properties.js';
import { OffsetMap } from './offset-map.js';
import { PieceBuffers, pieceBytes } from './piece-buffers.js';
import { RecentPieces } from './recent-pieces.js';
import type { Spool, SpooledPieces } from './spool.js';

/** How a packed source is read. */
export interface DecodedSourceOptions {
  /** Decoders there may be at once for it; further readers that are not near one wait. @default 2 */
  readonly mostDecoders?: number | undefined;
  /** Memory account: each decoder is charged with its dictionary and what is kept of its output. @default none */
  readonly ledger?: ByteLedger | undefined;
  /** Keeps what was unpacked for those who seek back. @default none: it is unpacked anew */
  readonly spool?: Spool | undefined;
  /** Time. @default the machine's */
  readonly clock?: Clock | undefined;
}

/** Unpacked bytes as a source. Members of one solid folder share one, as slices of it. */
export interface DecodedSource extends ByteSource {
  /** Gives decoders, memory and disk back. Without it they go by themselves, ten minutes after the last read. */
  close(): Promise<void>;
}

/**
 * What packed bytes unpack to. In order it streams; a seek forwards unpacks on and throws away, one backwards is answered
 * from what is kept (the last 2 MiB, and the spool) or begins anew, at a place that allows it or at the beginning. Packed
 * bytes are read verified only, whatever a reader asks for. Wrong ones reject with `ArchiveUnsupportedError`, `damaged`.
 * @param packed exactly the packed bytes
 * @param size unpacked size in bytes
 * @throws ArchiveUnsupportedError when its properties are none of the method, or it takes too much memory
 */
export function decodedSource(
  codec: Codec,
  packed: ByteSource,
  size: number,
  options: DecodedSourceOptions = {},
): DecodedSource {
  checkCodec(codec, size);
  return new UnpackedSource(codec, packed, size, options);
}

class UnpackedSource implements DecodedSource {
  readonly size: number;
  readonly #packed: ByteSource;
  readonly #buffers = new PieceBuffers();
  readonly #recent = new RecentPieces();
  readonly #offsets: OffsetMap;
  readonly #spooled: SpooledPieces | undefined;
  readonly #runs: DecodingRuns;
  #isClosed = false;

  constructor(codec: Codec, packed: ByteSource, size: number, options: DecodedSourceOptions) {
    const { mostDecoders = 2, ledger, spool, clock = systemClock } = options;
    this.size = size;
    this.#packed = packed;
    this.#offsets = new OffsetMap({ unpacked: size, packed: packed.size });
    this.#spooled = spool?.pieces();
    const [buffers, offsets] = [this.#buffers, this.#offsets];
    this.#runs = new DecodingRuns({
      ...{ codec, packed, size, mostDecoders, ledger, clock, buffers, offsets },
      onPiece: (index, piece) => {
        this.#recent.add(index, piece);
        this.#spooled?.write(index, piece);
      },
      onEmpty: () => {
        this.#recent.clear();
        this.#buffers.clear();
      },
    });
  }

  read(range: ByteRange = { start: 0, end: this.size }, options: ByteReadOptions = {}): AsyncIterable<Lease> {
    return interruptible(
      options.signal,
      (signal) => this.#read(checkRange(range, this.size), { ...options, signal }),
      (lease) => lease.release(),
    );
  }

  segments(range: ByteRange): Iterable<Segment> {
    return decodedSegments(this.#packed, this.size, this.#offsets, range);
  }

  readonly close = closeOnce(async () => {
    this.#isClosed = true;
    this.#runs.close();
    this.#spooled?.close();
    this.#recent.clear();
  });

  async *#read({ start, end }: ByteRange, options: ByteReadOptions): AsyncGenerator<Lease, void, undefined> {
    const reader = {};
    let { watch } = options;
    try {
      for (let at = start; at < end; ) {
        const index = Math.floor(at / pieceBytes);
        const base = index * pieceBytes;
        const piece = await this.#piece(index, reader, { ...options, watch });
        watch = undefined;
        const from = at - base;
        at = Math.min(end, base + piece.bytes.length);
        yield subLease(piece, from, at - base);
      }
    } finally {
      this.#runs.leave(reader);
    }
  }

  async #piece(index: number, reader: object, options: ByteReadOptions): Promise<Lease> {
    const { signal, watch, lane = 'playback' } = options;
    for (;;) {
      throwIfAborted(signal);
      if (this.#isClosed) throw new ClosedError({ what: 'unpacked file' });
      const kept = this.#recent.get(index) ?? (await this.#fromSpool(index));
      if (kept) {
        watch?.asked?.();
        watch?.begun?.();
        return kept;
      }
      const run = this.#runs.runFor(index, reader, lane);
      if (run) return run.demand(index, options);
      await this.#runs.change(signal);
    }
  }

  async #fromSpool(index: number): Promise<Lease | undefined> {
    if (!this.#spooled?.has(index)) return undefined;
    const target = this.#buffers.take();
    if (await this.#spooled.read(index, target))
      return this.#buffers.lease(target, Math.min(pieceBytes, this.size - index * pieceBytes));
    this.#buffers.give(target);
    return undefined;
  }
}
