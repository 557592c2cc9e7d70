/**
 * Parts of the NNTP package for Newsreel's own benchmarks and tests. Not covered by semantic versioning: anything here
 * may change or go in any release.
 * @packageDocumentation
 */

export { crc32Combine } from '@newsreel/core/plugin';
export { type ArenaUse, arenaUse, setPoisonFreedSlots } from './yenc/arena.js';
export { crc32 } from './yenc/crc32.js';
export { type ArticleDecoder, createArticleDecoder, type DecodeOutcome, socketInput } from './yenc/decoder.js';
export { type DecodeCursor, type DecodeEngine, type DecodeTarget, lineState, stopped } from './yenc/engine.js';
export { availableEngines, decodeEngine } from './yenc/engines.js';
