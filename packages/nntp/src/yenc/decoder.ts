import type { ArticleDecoder, ArticleDecoderOptions } from './port.js';

export type * from './port.js';

/** A decoder for the bodies of one connection. The first one made prepares the process-wide arena and tables. */
export declare function createArticleDecoder(options?: ArticleDecoderOptions): ArticleDecoder;

/**
 * The 256 KiB buffer sockets read into (`onread`), shared by all connections of this process: consume what was read
 * before returning from the read callback. Always the same view.
 */
export declare function socketInput(): Uint8Array;
