export * from './byte-ledger.js';
export * from './clock.js';
export * from './close-all.js';
export * from './lease.js';
export * from './message-id.js';
export * from './parse-options.js';
export * from './rate-meter.js';
export * from './signals.js';
