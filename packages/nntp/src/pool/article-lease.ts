import type { Article, Charge, MessageId } from '@newsreel/core';
import { leasedArticle } from '@newsreel/core/plugin';
import type { DecodedArticle } from '../yenc/decoder.js';

/** A decoded article as a lease: the last release gives the buffer and the memory charge back. */
export function leaseArticle(id: MessageId, provider: string, decoded: DecodedArticle, charge: Charge): Article {
  charge.landed?.();
  const { bytes, part, crc32 } = decoded;
  return leasedArticle({ id, provider, bytes, part, crc32 }, () => {
    decoded.free();
    charge.release();
  });
}
