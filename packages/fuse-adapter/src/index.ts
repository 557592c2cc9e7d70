/**
 * Mounts a Newsreel catalog as a folder on Linux.
 * @packageDocumentation
 */
export { type FuseAdapter, fuse } from './fuse.js';
export type { FuseOptions } from './options.js';
export type { FuseStats } from './session/stats.js';
