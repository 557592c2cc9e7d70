import { checkRange } from '../files/check-range.js';
import type { Lease } from '../model/bytes.js';
import type { ReadOptions } from '../model/catalog.js';
import type { ByteRange } from '../model/common.js';
import { Prefetcher } from '../prefetch/prefetcher.js';
import type { ReadParts } from './file-handle-parts.js';
import type { ReadScopes } from './read-scopes.js';

const defaultStallMs = 2000;

/**
 * The bytes of a range in order, with a look-ahead window of its own: it opens with the first byte of the first article
 * and grows with what the reader takes. Each lease is the receiver's to release.
 * @param count told of every lease before it is handed over
 */
export async function* streamLeases(
  parts: ReadParts,
  scopes: ReadScopes,
  range: ByteRange,
  options: ReadOptions,
  count: (bytes: number) => void,
): AsyncGenerator<Lease, void, undefined> {
  const { source, clock, reader } = parts;
  const scope = scopes.begin(options.signal);
  parts.reading?.(1);
  const window = new Prefetcher({ ...parts, range });
  let takenBytes = 0;
  try {
    checkRange(range, source.size);
    const integrity = options.integrity ?? parts.integrity;
    const { signal } = scope;
    let position = range.start;
    let askedMs = clock.now();
    for await (const lease of source.read(range, { lane: 'playback', reader, watch: window, integrity, signal })) {
      const { length } = lease.bytes;
      noteWait(parts, window, position, position === range.start, clock.now() - askedMs);
      window.moved(position, 0);
      count(length);
      takenBytes = length;
      yield lease;
      takenBytes = 0;
      position += length;
      window.moved(position, length);
      askedMs = clock.now();
    }
  } finally {
    window.close(takenBytes);
    parts.reading?.(-1);
    scope.end();
  }
}

/** What a wait for the next bytes means: the first one is the latency of a seek, a long one is a stall. */
function noteWait(
  { events, path, stallMs = defaultStallMs }: ReadParts,
  window: Prefetcher,
  position: number,
  isFirst: boolean,
  waitedMs: number,
): void {
  if (isFirst && waitedMs > 0) window.waited(waitedMs);
  if (waitedMs >= stallMs) events.emit('read:stalled', { path, position, waitedMs });
}
