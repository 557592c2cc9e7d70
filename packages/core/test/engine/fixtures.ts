import { createEngine } from '../../src/engine/create-engine.js';
import type { EngineOptions } from '../../src/engine/options.js';
import type { Adapter, PluginContext } from '../../src/model/index.js';
import {
  type MemoryFile,
  type MemoryProvider,
  type MemoryProviderOptions,
  memoryFile,
  memoryProvider,
  nzbText,
} from '../../src/testing.js';
import { setStrictLeases } from '../../src/util/lease.js';

// A lease released twice is a fault that may show much later, as wrong bytes; here it throws.
setStrictLeases(true);

/** Files of a release with their articles and the NZB that lists them all. */
export function release(names: readonly string[], size = 250_000, partBytes = 40_000) {
  const files = names.map((name, index) => memoryFile({ name, size: size + index * 1000, partBytes, seed: index + 1 }));
  const articles = new Map(files.flatMap((file) => [...file.articles]));
  return { files, articles, nzb: nzbText(files.map((file) => file.nzbFile)) };
}

/** An engine over memory providers that share its ledger. */
export async function engineOver(
  providers: readonly MemoryProviderOptions[],
  options: Partial<Omit<EngineOptions, 'providers'>> = {},
) {
  const made: MemoryProvider[] = [];
  const factories = providers.map((each) => (context: PluginContext) => {
    const provider = memoryProvider({ ...context, ...each });
    made.push(provider);
    return provider;
  });
  const engine = await createEngine({ ...options, providers: factories });
  return { engine, made };
}

/** Everything a stream yields, as one. */
export async function bytesOf(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return Buffer.concat(parts);
}

/** Whether two files hold the same. */
export const same = (one: Uint8Array, file: MemoryFile | Uint8Array) =>
  Buffer.compare(one, 'bytes' in file ? file.bytes : file) === 0;

/** Lets everything that is ready run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** An adapter that notes what happens to it. */
export function recordingAdapter(name: string, log: string[], attach: Adapter['attach'] = async () => {}): Adapter {
  const close = async () => void log.push(`close ${name}`);
  return {
    name,
    async attach(host) {
      log.push(`attach ${name}`);
      await attach(host);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
