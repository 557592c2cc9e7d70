import type { SegmentFetcher } from '../fetch/segment-fetcher.js';
import type { Clock } from '../model/common.js';
import type { EventSink } from '../model/events.js';
import { createFileHandle } from '../open/file-handle.js';
import { ReadGate } from '../open/read-gate.js';
import { RunMemory } from '../prefetch/run-memory.js';
import type { ReaderView } from '../prefetch/window-view.js';
import { forgetOldest } from '../util/forget-oldest.js';
import type { OpenHandle } from './release-content.js';
import type { Settings } from './settings.js';

/** Labels that are counted apart; the bytes of any further ones are counted under `''`. */
const mostLabels = 100;

/** Files whose reading is remembered; those unused for longest are forgotten. */
const mostFiles = 1000;

/** What a reading room is made of. */
export interface ReadingParts {
  readonly fetcher: SegmentFetcher;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly settings: Settings;
  /** The providers' free places now. */
  readonly freeSlots: () => number;
  readonly stallThresholdMs: number;
  /** Bytes that all look-ahead together may fill. */
  readonly aheadBytes: number;
  /** Bytes that positional reads may hold together before they are answered. */
  readonly heldBytes: number;
}

/** Makes handles, and counts what they read. */
export class Reading {
  readonly #parts: ReadingParts;
  readonly #view: ReaderView;
  readonly #gate: ReadGate;
  readonly #bytes = new Map<string, number>();
  readonly #runs = new Map<string, RunMemory>();
  #streams = 0;

  constructor(parts: ReadingParts) {
    this.#parts = parts;
    this.#gate = new ReadGate(parts.heldBytes);
    this.#view = {
      freeSlots: parts.freeSlots,
      readers: () => this.#streams,
      budgetBytes: () => parts.aheadBytes / Math.max(1, this.#streams),
    };
  }

  /** Streams being read, and sequences of positional reads that are looked ahead for. */
  get streams(): number {
    return this.#streams;
  }

  /** Bytes handed to readers since the start, by label. */
  bytes(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#bytes);
  }

  /** See {@link OpenHandle}. */
  readonly openHandle: OpenHandle = ({ source, path, closed }) => {
    const { fetcher, events, clock, settings, stallThresholdMs } = this.#parts;
    return createFileHandle({
      source,
      path,
      runs: this.#runsOf(path),
      fetcher,
      events,
      clock,
      policy: settings.prefetch,
      view: this.#view,
      gate: this.#gate,
      get integrity() {
        return settings.integrity;
      },
      stallMs: stallThresholdMs,
      onClose: closed,
      account: (label, bytes) => this.#count(label, bytes),
      reading: (change) => {
        this.#streams += change;
      },
    });
  };

  /** How a file was read, also after its last handle is closed: players open and close it for every seek. */
  #runsOf(path: string): RunMemory {
    const runs = this.#runs.get(path) ?? new RunMemory();
    this.#runs.delete(path);
    this.#runs.set(path, runs);
    forgetOldest(this.#runs, mostFiles);
    return runs;
  }

  #count(label: string, bytes: number): void {
    // Labels may come from strangers (a user agent), and what is counted is never forgotten.
    const key = this.#bytes.has(label) || this.#bytes.size < mostLabels ? label : '';
    this.#bytes.set(key, (this.#bytes.get(key) ?? 0) + bytes);
  }
}
