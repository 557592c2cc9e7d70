/**
 * Newsreel's core: streams, prefetcher, provider pool and health checks behind typed interfaces.
 * @packageDocumentation
 */

export type { SpoolOptions } from './archive/codec/spool.js';
export type { DiskCache } from './cache/disk-cache.js';
export { type DiskCacheFactory, type DiskCacheOptions, disk } from './cache/disk-options.js';
export { createEngine } from './engine/create-engine.js';
export { type DownloadOptions, type DownloadProgress, type DownloadResult, download } from './engine/download.js';
export type { Engine, UseOptions } from './engine/engine.js';
export { type ConsoleLoggerOptions, consoleLogger, silentLogger } from './engine/logger.js';
export type {
  BreakerOptions,
  EngineOptions,
  GrantedAdapter,
  LaneTimesMs,
  MemoryCacheOptions,
  MemoryOptions,
} from './engine/options.js';
export type { ReconfigureOptions } from './engine/settings.js';
export {
  AccessError,
  ArchiveUnsupportedError,
  type ArchiveUnsupportedReason,
  ArticleCorruptError,
  ArticleMissingError,
  ClosedError,
  ConfigInvalidError,
  type ConfigIssue,
  type ErrorCode,
  errorCodes,
  FileChangedError,
  FileNotFoundError,
  hasCode,
  LayoutUnknownError,
  ListenError,
  type MountObstacle,
  MountUnavailableError,
  NewsreelError,
  type NewsreelErrorInit,
  NzbInvalidError,
  PasswordError,
  ProviderAuthError,
  ProviderUnavailableError,
  QuotaError,
  RangeInvalidError,
  TimeoutError,
  type TimeoutPhase,
} from './errors/index.js';
export { concat } from './files/concat.js';
export { slice } from './files/slice.js';
export { toReadable } from './files/to-readable.js';
export { toWebStream } from './files/to-web-stream.js';
export type * from './model/index.js';
export { type ParseNzbOptions, parseNzb, type ReadNzbOptions, readNzb } from './nzb/read-nzb.js';
export type { HedgeOptions } from './pool/hedging.js';
export {
  type AdaptivePrefetchOptions,
  adaptive,
  type FixedPrefetchOptions,
  fixed,
  off,
} from './prefetch/policies.js';
export { type Preset, presets } from './tuning/presets.js';
