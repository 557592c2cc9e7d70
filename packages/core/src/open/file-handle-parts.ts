import type { SegmentFetcher } from '../fetch/segment-fetcher.js';
import type { ByteSource } from '../model/byte-source.js';
import type { Clock } from '../model/common.js';
import type { EventSink } from '../model/events.js';
import type { PrefetchPolicy } from '../model/policies.js';
import type { RunMemory } from '../prefetch/run-memory.js';
import type { ReaderView } from '../prefetch/window-view.js';
import type { ReadGate } from './read-gate.js';

/** What a handle is made of. */
export interface FileHandleParts {
  /** The bytes. */
  readonly source: ByteSource;
  /** Path it was opened by, for events and errors. */
  readonly path: string;
  /** Who brings segments into the cache ahead of need. */
  readonly fetcher: SegmentFetcher;
  /** How far ahead. */
  readonly policy: PrefetchPolicy;
  /** Where facts go. */
  readonly events: EventSink;
  /** Time. */
  readonly clock: Clock;
  /** What the policy may know about the rest of the engine. */
  readonly view: ReaderView;
  /** Bounds what positional reads hold, shared by all handles of an engine. @default no bound */
  readonly gate?: ReadGate | undefined;
  /** How this file has been read, shared by all its handles. @default this handle's own */
  readonly runs?: RunMemory | undefined;
  /** Integrity of streams that do not say. @default 'progressive' */
  readonly integrity?: 'progressive' | 'verified' | undefined;
  /** A wait for the next byte of a stream from which on it is reported as a stall, in milliseconds. @default 2000 */
  readonly stallMs?: number | undefined;
  /** Called once when the handle is closed. */
  readonly onClose?: (() => void) | undefined;
  /** Told of bytes handed to the reader, by label. */
  readonly account?: ((label: string, bytes: number) => void) | undefined;
  /**
   * Told when somebody begins (1) and ends (-1) to count as a reader: a stream, a sequence of positional reads that is
   * looked ahead for, or positional reads that run now.
   */
  readonly reading?: ((change: 1 | -1) => void) | undefined;
}

/** What the reads of one handle work with. */
export interface ReadParts extends FileHandleParts {
  readonly runs: RunMemory;
  /** See {@link FetchOptions.reader}. */
  readonly reader: string;
}
