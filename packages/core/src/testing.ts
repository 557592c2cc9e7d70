/**
 * What people test their own parts with: conformance suites and doubles.
 * @packageDocumentation
 */

export { type AdapterHostOptions, adapterHost } from './testing/adapter-host.js';
export { type AdapterSubject, type AdapterSuiteOptions, adapterSuite } from './testing/adapter-suite.js';
export {
  type ArticleSourceSubject,
  type ArticleSourceSuiteOptions,
  type ArticleSourceSupports,
  articleSourceSuite,
} from './testing/article-source-suite.js';
export { type ByteSourceSubject, type ByteSourceSuiteOptions, byteSourceSuite } from './testing/byte-source-suite.js';
export { type CatalogSubject, type CatalogSuiteOptions, catalogSuite } from './testing/catalog-suite.js';
export {
  type HealthSubject,
  type HealthSuiteCase,
  type HealthSuiteOptions,
  healthSuite,
} from './testing/health-suite.js';
export {
  type MemoryCatalog,
  type MemoryCatalogOptions,
  type MemoryCatalogRead,
  memoryCatalog,
} from './testing/memory-catalog.js';
export {
  deterministicBytes,
  type MemoryArticle,
  type MemoryFile,
  type MemoryFileOptions,
  memoryFile,
  nzbText,
} from './testing/memory-file.js';
export type { MemoryFileFault } from './testing/memory-handle.js';
export { type MemoryProvider, type MemoryProviderOptions, memoryProvider } from './testing/memory-provider.js';
export type { MemoryCall, MemoryFault } from './testing/memory-source.js';
export { type ProviderSubject, type ProviderSuiteOptions, providerSuite } from './testing/provider-suite.js';
export type { ReleaseArchive, ReleaseVolumes } from './testing/release/archive/options.js';
export type { ReleaseDamage, ReleaseDamageType, ReleaseFault } from './testing/release/damage.js';
export { makeRelease } from './testing/release/make-release.js';
export type { ReleaseObfuscation } from './testing/release/names.js';
export type {
  ReleaseArchiveGroup,
  ReleaseNzbOptions,
  ReleaseOptions,
  ReleasePayload,
} from './testing/release/options.js';
export type { ReleasePar2 } from './testing/release/par2/options.js';
export type {
  Release,
  ReleaseArticle,
  ReleaseFile,
  ReleaseMember,
  ReleaseProviderOptions,
} from './testing/release/release.js';
export { type SegmentCacheSuiteOptions, segmentCacheSuite } from './testing/segment-cache-suite.js';
export type { SuiteRunner } from './testing/suite-runner.js';
export { type ManualClock, manualClock } from './util/clock.js';
