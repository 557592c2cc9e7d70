import type { Lease } from '@newsreel/core';
import { createLease } from '@newsreel/core/plugin';

/** Text made here, in the form posted bytes come in, so that one way of sending serves both. */
export async function* toLeases(pieces: AsyncIterable<string>): AsyncGenerator<Lease, void, undefined> {
  for await (const piece of pieces) yield createLease(Buffer.from(piece));
}
