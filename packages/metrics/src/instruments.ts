import {
  type ErrorCode,
  type EventBus,
  errorCodes,
  NewsreelError,
  type NewsreelEvent,
  type NewsreelEvents,
} from '@newsreel/core';
import { Counter, Histogram, type Registry } from 'prom-client';

/** Reacts to one kind of event. */
type Instrument<E extends NewsreelEvent> = (payload: NewsreelEvents[E]) => void;

/** An answer to every event there is: a new event does not compile until it stands here, even if only as `ignored`. */
export type Instruments = { readonly [E in NewsreelEvent]: Instrument<E> };

const ignored = () => {};
const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Makes the counters and histograms that events feed. */
export function createInstruments(registry: Registry): Instruments {
  const registers = [registry];
  const counter: MakeCounter = (name, help, labelNames) =>
    new Counter({ name, help, labelNames: [...labelNames], registers });
  const histogram: MakeHistogram = (name, help, labelNames) =>
    new Histogram({ name, help, labelNames: [...labelNames], buckets: seconds, registers });
  return {
    ...providerInstruments(counter, histogram),
    ...readInstruments(counter),
    ...catalogInstruments(counter),
    ...diskCacheInstruments(registers),
  };
}

type MakeCounter = <L extends string>(name: string, help: string, labelNames: readonly L[]) => Counter<L>;
type MakeHistogram = <L extends string>(name: string, help: string, labelNames: readonly L[]) => Histogram<L>;
type Of<Kind extends string> = Pick<Instruments, Extract<NewsreelEvent, `${Kind}:${string}`>>;

function providerInstruments(
  counter: MakeCounter,
  histogram: MakeHistogram,
): Of<'connection' | 'article' | 'provider'> {
  const opened = counter('newsreel_connections_opened_total', 'Connections logged in.', ['provider']);
  const closed = counter('newsreel_connections_closed_total', 'Sockets closed, by reason.', ['provider', 'reason']);
  const connectSeconds = histogram('newsreel_connect_seconds', 'Time to connect and log in.', ['provider']);
  const articles = counter('newsreel_articles_total', 'Verified articles delivered.', ['provider', 'lane']);
  const bytes = counter('newsreel_bytes_total', 'Decoded bytes delivered by providers.', ['provider', 'lane']);
  const wireBytes = counter('newsreel_wire_bytes_total', 'Bytes read from the wire for delivered articles.', [
    'provider',
  ]);
  const firstByte = histogram('newsreel_article_first_byte_seconds', 'Time from request to first byte.', ['provider']);
  const duration = histogram('newsreel_article_seconds', 'Time from request to whole article.', ['provider']);
  const failures = counter('newsreel_article_failures_total', 'Articles not delivered by a provider, by error code.', [
    'provider',
    'code',
  ]);
  const hedged = counter('newsreel_article_hedges_total', 'Second attempts at late articles, by late provider.', [
    'provider',
    'after',
  ]);
  const degraded = counter(
    'newsreel_provider_degraded_total',
    'Times a provider went into cool-down or was disabled.',
    ['provider', 'disabled'],
  );
  const recovered = counter('newsreel_provider_recovered_total', 'Times a provider came back.', ['provider']);
  for (const code of errorCodes.filter((known) => known.startsWith('ERR_ARTICLE')))
    failures.inc({ provider: '', code }, 0);
  const failed = (provider: string, code: ErrorCode | 'other') => failures.inc({ provider, code });

  return {
    'connection:opened': ({ provider, durationMs }) => {
      opened.inc({ provider });
      connectSeconds.observe({ provider }, durationMs / 1000);
    },
    'connection:closed': ({ provider, reason }) => closed.inc({ provider, reason }),
    'article:fetched': (event) => {
      const { provider, lane } = event;
      articles.inc({ provider, lane });
      bytes.inc({ provider, lane }, event.bytes);
      wireBytes.inc({ provider }, event.wireBytes);
      firstByte.observe({ provider }, event.firstByteMs / 1000);
      duration.observe({ provider }, event.durationMs / 1000);
    },
    'article:missing': ({ provider }) => failed(provider, 'ERR_ARTICLE_MISSING'),
    'article:corrupt': ({ provider }) => failed(provider, 'ERR_ARTICLE_CORRUPT'),
    'article:failed': ({ provider, cause }) => failed(provider, NewsreelError.isInstance(cause) ? cause.code : 'other'),
    'article:hedged': ({ provider, after }) => hedged.inc({ provider, after }),
    'provider:degraded': ({ provider, disabled }) => degraded.inc({ provider, disabled: String(disabled) }),
    'provider:recovered': ({ provider }) => recovered.inc({ provider }),
    'provider:limit-learned': ignored, // The gauge newsreel_provider_connection_limit shows it.
  };
}

function readInstruments(counter: MakeCounter): Of<'file' | 'read'> {
  const filesOpened = counter('newsreel_files_opened_total', 'File handles opened.', []);
  const bytesRead = counter('newsreel_read_bytes_total', 'Bytes handed to readers, counted when a handle closes.', []);
  const retracted = counter(
    'newsreel_reads_retracted_total',
    'Reads that failed because bytes shown early turned out wrong.',
    ['provider'],
  );
  const stalls = counter('newsreel_reads_stalled_total', 'Reads that waited longer than the stall threshold.', []);
  const stalledSeconds = counter('newsreel_read_stalled_seconds_total', 'Time readers waited in stalls.', []);

  return {
    'file:opened': () => filesOpened.inc(),
    'file:closed': (event) => bytesRead.inc(event.bytesRead),
    'read:retracted': ({ provider }) => retracted.inc({ provider }),
    'read:stalled': ({ waitedMs }) => {
      stalls.inc();
      stalledSeconds.inc(waitedMs / 1000);
    },
  };
}

function catalogInstruments(counter: MakeCounter): Of<'entry' | 'catalog' | 'release' | 'health'> {
  const changed = counter('newsreel_entries_changed_total', 'Files whose announced layout was corrected.', []);
  const revisions = counter('newsreel_catalog_changes_total', 'Changes of the catalog.', []);
  const added = counter('newsreel_releases_added_total', 'Releases added.', []);
  const removed = counter('newsreel_releases_removed_total', 'Releases removed.', []);
  const checks = counter('newsreel_health_checks_total', 'Health checks, by verdict.', ['verdict']);

  return {
    'entry:changed': () => changed.inc(),
    'catalog:changed': ({ changes }) => revisions.inc(changes.length),
    'release:added': () => added.inc(),
    'release:removed': () => removed.inc(),
    'health:checked': ({ report }) => checks.inc({ verdict: report.verdict }),
  };
}

function diskCacheInstruments(registers: Registry[]): Pick<Instruments, 'cache:degraded' | 'cache:recovered'> {
  const degraded = new Counter({
    name: 'newsreel_disk_cache_degraded_total',
    help: 'Times the disk cache could not be used.',
    registers,
  });
  const recovered = new Counter({
    name: 'newsreel_disk_cache_recovered_total',
    help: 'Times the disk cache came back.',
    registers,
  });
  return { 'cache:degraded': () => degraded.inc(), 'cache:recovered': () => recovered.inc() };
}

/** Connects every instrument to the bus. Returns the function that disconnects them all. */
export function listen(events: EventBus, instruments: Instruments): () => void {
  const connect = <E extends NewsreelEvent>(event: E) => events.on(event, instruments[event]);
  const disconnect = (Object.keys(instruments) as NewsreelEvent[]).map((event) => connect(event));
  return () => {
    for (const off of disconnect) off();
  };
}
