import { ArchiveUnsupportedError } from '../../errors/index.js';
import type { RequestOptions } from '../../model/common.js';
import type { Codec } from './codec.js';

/**
 * The first bytes of what packed bytes unpack to, in memory: for headers and small members.
 * @param packed packed bytes, read no further than needed
 * @param size how many bytes are wanted
 * @throws ArchiveUnsupportedError `damaged` when the packed bytes are wrong or too few
 */
export async function unpack(
  codec: Codec,
  _packed: AsyncIterable<Uint8Array>,
  _size: number,
  _options: RequestOptions = {},
): Promise<Uint8Array> {
  throw new ArchiveUnsupportedError({
    format: codec.method,
    reason: 'feature',
    message: `${codec.method} is not unpacked`,
  });
}
