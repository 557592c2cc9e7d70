/**
 * A news server in the test's own process: real sockets, TLS, login, round trips, bandwidth, and every way a server can
 * go wrong. Used by Newsreel's own tests, examples and benchmark, and meant for yours.
 * @packageDocumentation
 */
export { type TestCertificate, type TestCertificates, testCertificates } from './testing/certificates.js';
export type { ComputedArticle, ComputedFile, ComputedPostOptions, ComputedPosts } from './testing/computed-posts.js';
export {
  type DeterministicContent,
  type DeterministicContentOptions,
  deterministicContent,
} from './testing/content.js';
export type { NewsServerCounts } from './testing/counts.js';
export {
  type EncodedYencPart,
  encodeYencPart,
  type YencPartInput,
  type YencPartPlace,
} from './testing/encode-yenc.js';
export type * from './testing/faults.js';
export { buildNzb, type NzbInput, type NzbSource } from './testing/nzb.js';
export type { LoggedCommand, NewsServerLimits, NewsServerOptions, ServerReply, ServerTls } from './testing/options.js';
export type { PostedFile, PostedSegment, PostOptions } from './testing/posted-file.js';
export { type NewsServer, startNewsServer } from './testing/server.js';
