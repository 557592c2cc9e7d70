import type { MessageId } from './article.js';
import type { CatalogChange, Entry, Release } from './catalog.js';
import type { ByteRange, Lane } from './common.js';
import type { HealthReport } from './health.js';

/** Every event and its payload. Emitted after the fact; listeners are synchronous, cheap and may throw without harm. */
export interface NewsreelEvents {
  /** A connection is logged in and usable. */
  'connection:opened': {
    /** Name of the provider. */
    readonly provider: string;
    /** Time to connect and log in, in milliseconds. */
    readonly durationMs: number;
    /** Whether it is encrypted. */
    readonly tls: boolean;
  };
  /** A socket is gone. */
  'connection:closed': {
    /** Name of the provider. */
    readonly provider: string;
    /** Why it was closed. */
    readonly reason: 'idle' | 'error' | 'shutdown' | 'aborted';
    /** What went wrong. */
    readonly cause?: unknown;
  };
  /** A verified article was delivered by a provider. */
  'article:fetched': {
    /** Name of the provider. */
    readonly provider: string;
    /** The article. */
    readonly id: MessageId;
    /** Decoded bytes. */
    readonly bytes: number;
    /** Bytes read from the wire. */
    readonly wireBytes: number;
    /** From the request to the first byte, in milliseconds. */
    readonly firstByteMs: number;
    /** From the request to the whole article, in milliseconds. */
    readonly durationMs: number;
    /** For whom it was fetched. */
    readonly lane: Lane;
  };
  /** A provider definitely does not have an article. */
  'article:missing': {
    /** Name of the provider. */
    readonly provider: string;
    /** The article. */
    readonly id: MessageId;
  };
  /** A provider's copy failed verification. */
  'article:corrupt': {
    /** Name of the provider. */
    readonly provider: string;
    /** The article. */
    readonly id: MessageId;
    /** What went wrong. */
    readonly cause: unknown;
  };
  /** A request to a provider failed otherwise. */
  'article:failed': {
    /** Name of the provider. */
    readonly provider: string;
    /** The article. */
    readonly id: MessageId;
    /** What went wrong. */
    readonly cause: unknown;
  };
  /** An article was late, and a second attempt at it went out for whoever waits. */
  'article:hedged': {
    /** Name of the provider that was late. */
    readonly provider: string;
    /** The article. */
    readonly id: MessageId;
    /** What was late: its first byte, or what should have followed. */
    readonly after: 'first-byte' | 'progress';
    /** From the late request to the second attempt, in milliseconds. */
    readonly waitedMs: number;
  };
  /** A provider is cooling down or, when `disabled`, out of use. */
  'provider:degraded': {
    /** Name of the provider. */
    readonly provider: string;
    /** Out of use until a check passes, not just cooling down. */
    readonly disabled: boolean;
    /** What went wrong. */
    readonly cause: unknown;
  };
  /** A provider delivers again. */
  'provider:recovered': {
    /** Name of the provider. */
    readonly provider: string;
  };
  /** The account allows fewer, or again more, connections than thought. */
  'provider:limit-learned': {
    /** Name of the provider. */
    readonly provider: string;
    /** How many it allows. */
    readonly connections: number;
  };
  /** A handle was opened. */
  'file:opened': {
    /** The path. */
    readonly path: string;
    /** Exact size in bytes. */
    readonly size: number;
  };
  /** A handle was closed. */
  'file:closed': {
    /** The path. */
    readonly path: string;
    /** Bytes handed to readers through the handle. */
    readonly bytesRead: number;
  };
  /** Bytes shown before verification turned out wrong; that read failed. Counted apart from wrong bytes, which must be 0. */
  'read:retracted': {
    /** The article. */
    readonly id: MessageId;
    /** The bytes that were shown, as offsets of the file. */
    readonly range: ByteRange;
    /** Name of the provider whose bytes were shown. */
    readonly provider: string;
  };
  /** A reader waited longer than the stall threshold for its next byte. */
  'read:stalled': {
    /** The path. */
    readonly path: string;
    /** The byte that was waited for. */
    readonly position: number;
    /** How long, in milliseconds. */
    readonly waitedMs: number;
  };
  /** The bytes behind an entry changed; open handles fail with `ERR_FILE_CHANGED`. */
  'entry:changed': {
    /** The entry as it is now. */
    readonly entry: Entry;
    /** Version before the change. */
    readonly fromVersion: number;
  };
  /** The catalog changed. */
  'catalog:changed': {
    /** Revision of the catalog after the changes. */
    readonly revision: number;
    /** The changes, oldest first. */
    readonly changes: readonly CatalogChange[];
  };
  /** A release was added. */
  'release:added': {
    /** The release. */
    readonly release: Release;
  };
  /** A release was removed. */
  'release:removed': {
    /** Its id. */
    readonly releaseId: string;
  };
  /** The disk cache cannot be used: full, gone, read-only, in use by another. Articles come from the servers meanwhile. */
  'cache:degraded': {
    /** Its folder. */
    readonly folder: string;
    /** What went wrong. */
    readonly cause: unknown;
  };
  /** The disk cache is used again. */
  'cache:recovered': {
    /** Its folder. */
    readonly folder: string;
  };
  /** A health check finished. */
  'health:checked': {
    /** What was found. */
    readonly report: HealthReport;
  };
}

/** Name of an event. */
export type NewsreelEvent = keyof NewsreelEvents;

/** Where facts are reported. */
export interface EventSink {
  /** Reports one fact. Never throws. */
  emit<E extends NewsreelEvent>(event: E, payload: NewsreelEvents[E]): void;
}

/** Where facts are heard. */
export interface EventBus extends EventSink {
  /** Calls the listener on each event until the returned function is called. */
  on<E extends NewsreelEvent>(event: E, listener: (payload: NewsreelEvents[E]) => void): () => void;
  /** Calls the listener on the next event only. */
  once<E extends NewsreelEvent>(event: E, listener: (payload: NewsreelEvents[E]) => void): () => void;
  /** How many listeners an event has. */
  listenerCount(event: NewsreelEvent): number;
}
