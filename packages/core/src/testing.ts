/**
 * What people test their own parts with: conformance suites and doubles.
 * @packageDocumentation
 */

export { type AdapterHostOptions, adapterHost } from './testing/adapter-host.js';
export {
  type MemoryCatalog,
  type MemoryCatalogOptions,
  type MemoryCatalogRead,
  memoryCatalog,
} from './testing/memory-catalog.js';
export type { MemoryFileFault } from './testing/memory-handle.js';
export { type ManualClock, manualClock } from './util/clock.js';
