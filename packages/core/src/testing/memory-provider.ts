import type { MessageId } from '../model/article.js';
import type { ByteLedger } from '../model/bytes.js';
import type { Clock } from '../model/common.js';
import type { EventSink } from '../model/events.js';
import type { Provider } from '../model/provider.js';
import { wrapSource } from '../pool/wrap-source.js';
import { createByteLedger } from '../util/byte-ledger.js';
import { systemClock } from '../util/clock.js';
import { closeOnce } from '../util/close-all.js';
import type { MemoryArticle } from './memory-file.js';
import { type MemoryCall, type MemoryFault, MemorySource } from './memory-source.js';

/** How a provider in memory behaves. */
export interface MemoryProviderOptions {
  /** Name in events and errors. @default 'memory' */
  readonly name?: string | undefined;
  /** Tier: 0 is asked first. @default 0 */
  readonly priority?: number | undefined;
  /** What it has. @default nothing */
  readonly articles?:
    | ReadonlyMap<MessageId, MemoryArticle>
    | ((id: MessageId) => MemoryArticle | undefined)
    | undefined;
  /** Articles it denies having. */
  readonly missing?: Iterable<MessageId> | undefined;
  /** Articles it delivers with wrong bytes. */
  readonly corrupt?: Iterable<MessageId> | undefined;
  /** Articles during which the connection breaks. */
  readonly drop?: Iterable<MessageId> | undefined;
  /** Decides what goes wrong with a request, before the lists above. */
  readonly fault?: ((id: MessageId, call: MemoryCall) => MemoryFault | undefined) | undefined;
  /** Time until an answer begins, in milliseconds of the clock. @default 0 */
  readonly latencyMs?: number | undefined;
  /** Time between two steps of a body, in milliseconds of the clock. @default 0 */
  readonly stepMs?: number | undefined;
  /** In how many steps a body lands. @default 4 */
  readonly steps?: number | undefined;
  /** Requests it takes at once. @default 8 */
  readonly concurrency?: number | undefined;
  /** Longest wait for one article or one batch of answers, in milliseconds. @default 60000 */
  readonly timeoutMs?: number | undefined;
  /** Time. @default the machine's */
  readonly clock?: Clock | undefined;
  /** Memory account. @default one of 256 MiB of its own */
  readonly ledger?: ByteLedger | undefined;
  /** Where facts go. @default nowhere */
  readonly events?: EventSink | undefined;
}

/** A provider in memory, and what was asked of it. */
export interface MemoryProvider extends Provider {
  /** Every id asked for, in order, by verb. */
  readonly calls: {
    /** Articles fetched. */
    readonly fetch: readonly MessageId[];
    /** Articles asked about. */
    readonly stat: readonly MessageId[];
  };
  /** Articles handed out and not released yet: a leak check. */
  readonly held: number;
  /** Fetches running now, and the most there ever were. */
  readonly running: {
    /** Running now. */
    readonly now: number;
    /** The most at once since the start. */
    readonly most: number;
  };
  /** The account it charges. */
  readonly ledger: ByteLedger;
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * A whole provider in memory: leases that are poisoned when freed, bodies that land in steps, and any fault on demand.
 * For tests of everything above a provider.
 */
export function memoryProvider(options: MemoryProviderOptions = {}): MemoryProvider {
  const { name = 'memory', clock = systemClock, ledger = createByteLedger(256 * 2 ** 20), latencyMs = 0 } = options;
  const source = new MemorySource({
    name,
    clock,
    latencyMs,
    stepMs: options.stepMs ?? 0,
    steps: options.steps ?? 4,
    articles: options.articles ?? new Map(),
    fault: faultsOf(options),
  });
  const events = options.events ?? { emit() {} };
  const provider = wrapSource(source, { clock, ledger, events, logger: silent }, options);
  const close = closeOnce(async () => {
    await provider.close();
    await source.close();
  });
  return {
    id: provider.id,
    name: provider.name,
    priority: provider.priority,
    ledger,
    calls: source.calls,
    running: source.running,
    get held() {
      return source.held;
    },
    reserve: (request) => provider.reserve(request),
    onRoom: (listener) => provider.onRoom(listener),
    fetch: (id, fetchOptions) => provider.fetch(id, fetchOptions),
    stat: (ids, fetchOptions) => provider.stat(ids, fetchOptions),
    warm: (count, requestOptions) => provider.warm(count, requestOptions),
    check: (requestOptions) => provider.check(requestOptions),
    stats: () => provider.stats(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function faultsOf(options: MemoryProviderOptions) {
  const listed = new Map<MessageId, MemoryFault>();
  for (const fault of ['missing', 'corrupt', 'drop'] as const)
    for (const id of options[fault] ?? []) listed.set(id, fault);
  return (id: MessageId, call: MemoryCall) => options.fault?.(id, call) ?? listed.get(id);
}
