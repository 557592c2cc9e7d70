import type { Article, Charge, MessageId, PartHeader } from '@newsreel/core';
import { createLeaseCounter, type LeaseCounter } from '@newsreel/core/plugin';
import type { DecodedArticle } from '../yenc/decoder.js';

/** A decoded article as a lease: the last release gives the buffer and the memory charge back. */
export function leaseArticle(id: MessageId, provider: string, decoded: DecodedArticle, charge: Charge): Article {
  charge.landed?.();
  const counter = createLeaseCounter(() => {
    decoded.free();
    charge.release();
  });
  return new LeasedArticle(id, provider, decoded, counter);
}

class LeasedArticle implements Article {
  readonly id: MessageId;
  readonly provider: string;
  readonly bytes: Uint8Array;
  readonly part: PartHeader;
  readonly crc32: number | undefined;
  readonly release: () => void;
  readonly #decoded: DecodedArticle;
  readonly #counter: LeaseCounter;

  constructor(id: MessageId, provider: string, decoded: DecodedArticle, counter: LeaseCounter) {
    this.id = id;
    this.provider = provider;
    this.bytes = decoded.bytes;
    this.part = decoded.part;
    this.crc32 = decoded.crc32;
    this.release = counter.take();
    this.#decoded = decoded;
    this.#counter = counter;
  }

  retain(): Article {
    return new LeasedArticle(this.id, this.provider, this.#decoded, this.#counter);
  }
}
