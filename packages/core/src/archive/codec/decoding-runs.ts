import { ArchiveUnsupportedError, ClosedError } from '../../errors/index.js';
import type { ByteSource } from '../../model/byte-source.js';
import type { ByteLedger, Charge, Lease } from '../../model/bytes.js';
import type { Clock, Lane } from '../../model/common.js';
import { abortable } from '../../util/signals.js';
import { chooseRun, pausedMs } from './choose-run.js';
import type { Codec } from './codec.js';
import { DecodingRun } from './decoding-run.js';
import { dictionaryBytes } from './lzma-properties.js';
import type { OffsetMap } from './offset-map.js';
import { type PieceBuffers, pieceBytes } from './piece-buffers.js';
import { mostRecent } from './recent-pieces.js';
import { RestartPoints } from './restart-points.js';

/** A decoder nobody has used for so long is given up; sooner where memory is short. */
const idleMs = 10 * 60 * 1000;
const idleWhenShortMs = 30 * 1000;
/** What a decoder takes beside its dictionary: pieces that are kept, and an article. */
const extraBytes = (mostRecent + 2) * pieceBytes + 1024 * 1024;

/** What one decoder may take of all memory: the articles it is fed with need some too. */
const mostOfMemory = 0.6;

/** What the decoders of a source work with. */
export interface DecodingRunsParts {
  readonly codec: Codec;
  readonly packed: ByteSource;
  /** Unpacked size in bytes. */
  readonly size: number;
  readonly mostDecoders: number;
  readonly ledger: ByteLedger | undefined;
  readonly clock: Clock;
  readonly buffers: PieceBuffers;
  readonly offsets: OffsetMap;
  /** Told of every piece; the lease stays the run's. */
  readonly onPiece: (index: number, piece: Lease) => void;
  /** Told when the last decoder is gone. */
  readonly onEmpty: () => void;
}

/** The decoders of one source: who is served by which, and when they come and go. */
export class DecodingRuns {
  readonly #parts: DecodingRunsParts;
  readonly #restarts = new RestartPoints();
  #runs: readonly DecodingRun[] = [];
  /** Called when a waiting reader may have its turn. */
  #waiting: readonly (() => void)[] = [];
  #stopSweep: (() => void) | undefined;
  #stopReclaim: (() => void) | undefined;

  constructor(parts: DecodingRunsParts) {
    this.#parts = parts;
  }

  /** A run that goes to a piece, with the reader on it; `undefined` when there is none to be had now. */
  runFor(index: number, reader: object, lane: Lane): DecodingRun | undefined {
    const { mostDecoders, clock } = this.#parts;
    let run = this.#chosen(index, reader, lane, mostDecoders);
    // There may be no memory for one more: then those that are there have to do.
    if (!run && this.#runs.length > 0) run = this.#chosen(index, reader, lane, this.#runs.length);
    if (!run) return undefined;
    for (const other of this.#runs) if (other !== run) other.readers.delete(reader);
    run.readers.add(reader);
    run.usedMs = clock.now();
    return run;
  }

  /** A reader has come to its end. */
  leave(reader: object): void {
    for (const run of this.#runs) run.readers.delete(reader);
    this.#settle();
  }

  /** Waits until a reader has left, memory may have come free, or another reader may have fallen asleep. */
  async change(signal: AbortSignal | undefined): Promise<void> {
    const { clock, ledger } = this.#parts;
    let wake = () => {};
    const changed = new Promise<void>((resolve) => {
      wake = resolve;
    });
    this.#waiting = [...this.#waiting, wake];
    const stopTimer = clock.after(pausedMs, wake);
    const stopRoom = ledger?.onRoom(wake);
    try {
      await abortable(changed, signal);
    } finally {
      this.#waiting = this.#waiting.filter((other) => other !== wake);
      stopTimer();
      stopRoom?.();
    }
  }

  /** Gives all decoders back; those who wait are told. */
  close(): void {
    for (const run of this.#runs) this.#drop(run);
    this.#wakeAll();
  }

  #chosen(index: number, reader: object, lane: Lane, mostRuns: number): DecodingRun | undefined {
    const restart = this.#restarts.before(index * pieceBytes);
    const choice = chooseRun({ runs: this.#runs, index, reader, restart, mostRuns, nowMs: this.#parts.clock.now() });
    if (choice.do === 'wait') return undefined;
    if (choice.do === 'use') return choice.run;
    if (choice.instead) this.#drop(choice.instead);
    return this.#begin(restart.unpacked, lane);
  }

  #begin(offset: number, lane: Lane): DecodingRun | undefined {
    const { ledger, codec, size } = this.#parts;
    const bytes = Math.min(dictionaryBytes(codec), size) + extraBytes;
    if (ledger && bytes > mostOfMemory * ledger.limitBytes) {
      const message = `unpacking takes ${bytes} bytes of memory, too much of ${ledger.limitBytes} there are in all`;
      throw new ArchiveUnsupportedError({ format: codec.method, reason: 'feature', message });
    }
    const charge = ledger?.tryCharge(bytes, lane);
    if (ledger && !charge) return undefined;
    charge?.resize(extraBytes);
    const run = this.#make(offset, charge);
    this.#runs = [...this.#runs, run];
    this.#stopReclaim ??= ledger?.reclaimFrom(() => this.#dropIdle(idleWhenShortMs));
    this.#sweepLater();
    return run;
  }

  #make(offset: number, charge: Charge | undefined): DecodingRun {
    try {
      return new DecodingRun({
        ...this.#parts,
        charge,
        from: this.#restarts.before(offset),
        onRestart: (point) => this.#restarts.add(point),
        onIdle: () => this.#settle(),
      });
    } catch (error) {
      charge?.release();
      throw error;
    }
  }

  /** After a reader, or the work of a run, came to its end. */
  #settle(): void {
    for (const run of this.#runs) {
      if (run.hasFailed) this.#drop(run);
      else if (run.readers.size === 0 && !run.isBusy) run.rest();
    }
    this.#wakeAll();
  }

  #sweepLater(): void {
    this.#stopSweep ??= this.#parts.clock.after(idleMs, () => {
      this.#stopSweep = undefined;
      this.#dropIdle(idleMs);
      if (this.#runs.length > 0) this.#sweepLater();
    });
  }

  #dropIdle(forMs: number): void {
    const sinceMs = this.#parts.clock.now() - forMs;
    for (const run of this.#runs) if (run.readers.size === 0 && !run.isBusy && run.usedMs <= sinceMs) this.#drop(run);
  }

  #drop(run: DecodingRun): void {
    this.#runs = this.#runs.filter((other) => other !== run);
    run.close(new ClosedError({ what: 'unpacked file' }));
    if (this.#runs.length > 0) return;
    this.#stopReclaim?.();
    this.#stopReclaim = undefined;
    this.#stopSweep?.();
    this.#stopSweep = undefined;
    this.#parts.onEmpty();
  }

  #wakeAll(): void {
    for (const wake of this.#waiting) wake();
  }
}
