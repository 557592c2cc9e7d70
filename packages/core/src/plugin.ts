/**
 * What writers of providers and adapters build with: leases, options, signals, clocks, meters.
 * @packageDocumentation
 */
export { type WrapSourceOptions, wrapSource } from './pool/wrap-source.js';
export { createByteLedger } from './util/byte-ledger.js';
export { systemClock } from './util/clock.js';
export { closeAll, closeOnce } from './util/close-all.js';
export { crc32Combine, crc32Joiner } from './util/crc32-combine.js';
export { createLease, createLeaseCounter, type LeaseCounter, subLease } from './util/lease.js';
export { type ArticleFields, leasedArticle } from './util/leased-article.js';
export { guardListen, isHostAllowed, isLoopback, isSameSecret } from './util/listen-guard.js';
export { isMessageId } from './util/message-id.js';
export { parseOptions } from './util/parse-options.js';
export { createRateMeter, type RateMeter } from './util/rate-meter.js';
export { abortable, onAbort, throwIfAborted } from './util/signals.js';
