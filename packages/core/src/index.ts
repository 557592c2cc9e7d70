/**
 * Newsreel's core: streams, prefetcher, provider pool and health checks behind typed interfaces.
 * @packageDocumentation
 */
export * from './errors/index.js';
export type * from './model/index.js';
export { parseNzb } from './nzb/scan-nzb.js';
