import { ArchiveUnsupportedError } from '../../errors/index.js';
import type { ByteReadOptions, ByteSource } from '../../model/byte-source.js';
import type { Charge, Lease } from '../../model/bytes.js';
import type { Lane } from '../../model/common.js';
import { onAbort } from '../../util/signals.js';
import type { Codec } from './codec.js';
import { damaged } from './codec-error.js';
import { createUnpacker } from './create-unpacker.js';
import { unpackingTurn } from './event-loop-turn.js';
import type { OffsetMap } from './offset-map.js';
import { nobodyWaits, PackedReader } from './packed-reader.js';
import { type PieceBuffers, pieceBytes } from './piece-buffers.js';
import type { RestartPoint, Unpacker } from './unpacker.js';

/** What a run works with. */
export interface RunParts {
  readonly codec: Codec;
  readonly packed: ByteSource;
  /** Unpacked size of the whole in bytes. */
  readonly size: number;
  /** Where it begins. */
  readonly from: RestartPoint;
  readonly buffers: PieceBuffers;
  readonly offsets: OffsetMap;
  readonly charge: Charge | undefined;
  /** Told of every piece; the lease stays the run's. */
  readonly onPiece: (index: number, piece: Lease) => void;
  readonly onRestart: (point: RestartPoint) => void;
  /** Told when nobody waits for it any more. */
  readonly onIdle: () => void;
}

interface Demand {
  readonly index: number;
  readonly lane: Lane;
  readonly resolve: (piece: Lease) => void;
  readonly reject: (error: unknown) => void;
}

const urgency: readonly Lane[] = ['playback', 'prefetch', 'import', 'background'];

/** One decoder on its way through the packed bytes: unpacks piece after piece while somebody waits for one. */
export class DecodingRun {
  /** Who reads along. */
  readonly readers = new Set<object>();
  /** When it was last asked for something. */
  usedMs = 0;
  /** Number of the piece that comes next. */
  next: number;
  /** Whether it cannot go on. */
  hasFailed = false;
  readonly #parts: RunParts;
  readonly #unpacker: Unpacker;
  readonly #input: PackedReader;
  #demands: readonly Demand[] = [];
  #isWorking = false;
  /** Bytes to be thrown away before the first piece begins. */
  #skipBytes: number;
  #buffer: Uint8Array | undefined;
  #filledBytes = 0;

  /** @throws ArchiveUnsupportedError when there is no unpacker, or no memory for it */
  constructor(parts: RunParts) {
    const { codec, packed, size, from } = parts;
    this.#parts = parts;
    this.next = Math.ceil(from.unpacked / pieceBytes);
    this.#skipBytes = this.next * pieceBytes - from.unpacked;
    this.#unpacker = createUnpacker(codec, { size: size - from.unpacked, from, onRestart: parts.onRestart });
    this.#input = new PackedReader(packed, from.packed);
    parts.charge?.resize(parts.charge.bytes + this.#unpacker.memoryBytes);
    parts.charge?.landed?.();
  }

  /** Whether somebody waits for it. */
  get isBusy(): boolean {
    return this.#demands.length > 0;
  }

  /** A piece from {@link DecodingRun.next} on, and all before it on the way. Shared work: it ends when nobody waits. */
  demand(index: number, options: ByteReadOptions): Promise<Lease> {
    const { signal, lane = 'playback', reader, watch } = options;
    return new Promise<Lease>((resolve, reject) => {
      let off = () => {};
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T) => {
          off();
          settle(value);
        };
      const demand = { index, lane, resolve: settled(resolve), reject: settled(reject) };
      const isUrgent = this.#demands.every((other) => urgency.indexOf(lane) < urgency.indexOf(other.lane));
      this.#demands = [...this.#demands, demand];
      if (isUrgent) this.#input.aim({ lane, reader, watch });
      off = onAbort(signal, (reason) => {
        this.#leave(demand);
        reject(reason);
      });
      if (!this.#isWorking) void this.#work();
    });
  }

  /** Holds nothing of others while nobody reads. */
  rest(): void {
    this.#input.rest();
  }

  /** Gives everything back. @param reason for those who wait */
  close(reason: unknown): void {
    this.hasFailed = true;
    this.#rejectAll(reason);
    this.#input.close();
    this.#unpacker.close();
    this.#parts.charge?.release();
  }

  #leave(demand: Demand): void {
    this.#demands = this.#demands.filter((other) => other !== demand);
    if (this.#demands.length === 0) this.#input.interrupt();
  }

  #rejectAll(error: unknown): void {
    const demands = this.#demands;
    this.#demands = [];
    for (const { reject } of demands) reject(error);
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    while (this.#demands.length > 0) {
      try {
        await this.#unpackPiece();
        this.#handOut();
      } catch (error) {
        // Whoever came meanwhile still waits.
        if (error === nobodyWaits) continue;
        if (error instanceof ArchiveUnsupportedError) this.hasFailed = true;
        this.#rejectAll(error);
      }
    }
    this.#isWorking = false;
    this.#parts.onIdle();
  }

  async #unpackPiece(): Promise<void> {
    const { size, buffers, offsets, codec } = this.#parts;
    const start = this.next * pieceBytes;
    const length = Math.min(pieceBytes, size - start);
    this.#buffer ??= buffers.take();
    while (this.#filledBytes < length) {
      const turn = unpackingTurn();
      if (turn) await turn;
      if (this.#demands.length === 0) throw nobodyWaits;
      const isSkipping = this.#skipBytes > 0;
      const target = isSkipping
        ? this.#buffer.subarray(0, Math.min(this.#skipBytes, pieceBytes))
        : this.#buffer.subarray(this.#filledBytes, length);
      const count = await this.#unpacker.read(target, this.#input);
      if (count === 0) throw damaged(codec.method, 'the data ends too early');
      if (isSkipping) this.#skipBytes -= count;
      else this.#filledBytes += count;
    }
    offsets.add({ unpacked: start + length, packed: this.#input.position });
  }

  #handOut(): void {
    const { buffers, onPiece } = this.#parts;
    const index = this.next++;
    const piece = buffers.lease(this.#buffer as Uint8Array, this.#filledBytes);
    this.#buffer = undefined;
    this.#filledBytes = 0;
    onPiece(index, piece);
    const wanted = this.#demands.filter((demand) => demand.index === index);
    this.#demands = this.#demands.filter((demand) => demand.index !== index);
    for (const { resolve } of wanted) resolve(piece.retain());
    piece.release();
  }
}
