import { ArchiveUnsupportedError } from '../../errors/index.js';
import type { Codec } from './codec.js';
import { deflateUnpacker } from './deflate-unpacker.js';
import { checkCodec } from './lzma-properties.js';
import { lzmaUnpacker } from './lzma-unpacker.js';
import { type Lzma2Options, lzma2Unpacker } from './lzma2-unpacker.js';
import type { Unpacker } from './unpacker.js';

/**
 * An unpacker of a stream, or of what follows one of its restart points.
 * @throws ArchiveUnsupportedError when nothing here unpacks the method, or it would take too much memory
 */
export function createUnpacker(codec: Codec, options: Lzma2Options): Unpacker {
  checkCodec(codec, options.size);
  switch (codec.method) {
    case 'deflate':
      return deflateUnpacker();
    case 'lzma':
      return lzmaUnpacker(codec, options.size);
    case 'lzma2':
      return lzma2Unpacker(codec, options);
    default:
      throw new ArchiveUnsupportedError({
        format: codec.method,
        reason: 'compressed',
        message: `${codec.method} is not unpacked`,
      });
  }
}
