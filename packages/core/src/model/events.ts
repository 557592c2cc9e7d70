import type { MessageId } from './article.js';
import type { CatalogChange, Entry, Release } from './catalog.js';
import type { ByteRange, Lane } from './common.js';
import type { HealthReport } from './health.js';

/** Every event and its payload. Emitted after the fact; listeners are synchronous, cheap and may throw without harm. */
export interface NewsreelEvents {
  /** A connection is logged in and usable. */
  'connection:opened': { readonly provider: string; readonly durationMs: number; readonly tls: boolean };
  /** A socket is gone. */
  'connection:closed': {
    readonly provider: string;
    readonly reason: 'idle' | 'error' | 'shutdown' | 'aborted';
    readonly cause?: unknown;
  };
  /** A verified article was delivered by a provider. */
  'article:fetched': {
    readonly provider: string;
    readonly id: MessageId;
    readonly bytes: number;
    readonly wireBytes: number;
    readonly firstByteMs: number;
    readonly durationMs: number;
    readonly lane: Lane;
  };
  /** A provider definitely does not have an article. */
  'article:missing': { readonly provider: string; readonly id: MessageId };
  /** A provider's copy failed verification. */
  'article:corrupt': { readonly provider: string; readonly id: MessageId; readonly cause: unknown };
  /** A request to a provider failed otherwise. */
  'article:failed': { readonly provider: string; readonly id: MessageId; readonly cause: unknown };
  /** A provider is cooling down or, when `disabled`, out of use. */
  'provider:degraded': { readonly provider: string; readonly disabled: boolean; readonly cause: unknown };
  /** A provider delivers again. */
  'provider:recovered': { readonly provider: string };
  /** The account allows fewer, or again more, connections than thought. */
  'provider:limit-learned': { readonly provider: string; readonly connections: number };
  /** A handle was opened. */
  'file:opened': { readonly path: string; readonly size: number };
  /** A handle was closed. */
  'file:closed': { readonly path: string; readonly bytesRead: number };
  /** Bytes shown before verification turned out wrong; that read failed. Counted apart from wrong bytes, which must be 0. */
  'read:retracted': { readonly id: MessageId; readonly range: ByteRange; readonly provider: string };
  /** A reader waited longer than the stall threshold for its next byte. */
  'read:stalled': { readonly path: string; readonly position: number; readonly waitedMs: number };
  /** The bytes behind an entry changed; open handles fail with `ERR_FILE_CHANGED`. */
  'entry:changed': { readonly entry: Entry; readonly fromVersion: number };
  /** The catalog changed. */
  'catalog:changed': { readonly revision: number; readonly changes: readonly CatalogChange[] };
  /** A release was added. */
  'release:added': { readonly release: Release };
  /** A release was removed. */
  'release:removed': { readonly releaseId: string };
  /** A health check finished. */
  'health:checked': { readonly report: HealthReport };
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
