import { YencArticleDecoder } from './article-decoder.js';
import { decodeEngine } from './engines.js';
import type { ArticleDecoder, ArticleDecoderOptions } from './port.js';

export type * from './port.js';

const defaultMaxPartBytes = 64 * 1024 * 1024;

/**
 * A decoder for the bodies of one connection. The first one made prepares the process-wide arena and tables.
 * @throws Error when this runtime cannot run the engine asked for
 */
export function createArticleDecoder(options: ArticleDecoderOptions = {}): ArticleDecoder {
  return new YencArticleDecoder(decodeEngine(options.engine), options.maxPartBytes ?? defaultMaxPartBytes);
}

/**
 * The 512 KiB buffer sockets read into (`onread`), shared by all connections of this process: consume what was read
 * before returning from the read callback. Always the same view.
 */
export function socketInput(): Uint8Array {
  return decodeEngine().input;
}
