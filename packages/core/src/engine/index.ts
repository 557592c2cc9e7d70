export { createEngine } from './create-engine.js';
export {
  type DownloadOptions,
  type DownloadProgress,
  type DownloadResult,
  download,
} from './download.js';
export type { Engine, UseOptions } from './engine.js';
export { type ConsoleLoggerOptions, consoleLogger, silentLogger } from './logger.js';
export type {
  BreakerOptions,
  EngineOptions,
  GrantedAdapter,
  LaneTimesMs,
  MemoryCacheOptions,
  MemoryOptions,
} from './options.js';
export type { ReconfigureOptions } from './settings.js';
