import { describe, it } from 'vitest';
import type { Adapter, AdapterHost, ByteRange } from '../../src/model/index.js';
import { adapterSuite } from '../../src/testing.js';

/** The least an adapter can be: it shows the catalog to whoever holds it, in the same process. */
function directAdapter() {
  let host: AdapterHost | undefined;
  const closing = new AbortController();
  const running = new Set<Promise<unknown>>();
  const adapter: Adapter = {
    name: 'direct',
    async attach(given) {
      host = given;
    },
    async close() {
      closing.abort(new Error('closed'));
      await Promise.allSettled(running);
    },
    [Symbol.asyncDispose]: () => adapter.close(),
  };
  const during = <T>(work: Promise<T>): Promise<T> => {
    running.add(work);
    return work.finally(() => running.delete(work));
  };
  const read = async (path: string, range?: ByteRange, pieces = Number.POSITIVE_INFINITY) => {
    const handle = await host?.catalog.open(path, { signal: closing.signal });
    if (handle === undefined) throw new Error('not attached');
    const parts: Uint8Array[] = [];
    try {
      for await (const lease of handle.lendStream(range, { signal: closing.signal, label: 'direct' })) {
        parts.push(lease.bytes.slice());
        lease.release();
        if (parts.length >= pieces) break;
      }
    } finally {
      await handle.close();
    }
    return new Uint8Array(Buffer.concat(parts));
  };
  const list = async (path: string) => {
    const names: string[] = [];
    for await (const entry of host?.catalog.list(path) ?? []) names.push(entry.name);
    return names;
  };
  return {
    adapter,
    read: (path: string, range?: ByteRange) => during(read(path, range)),
    list,
    hangUp: async (path: string) => void (await during(read(path, undefined, 1))),
  };
}

adapterSuite({ describe, it, create: async () => directAdapter() });
