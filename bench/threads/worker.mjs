// A provider with its own connections, TLS and decoder, in a worker thread. It talks in messages of plain values.
import { parentPort, workerData } from 'node:worker_threads';
import { sharedDecoder, slab, transferring } from './hand-over.mjs';
import { shareWebAssemblyMemory } from './shared-wasm.mjs';

const { variant, options, limitBytes } = workerData;
const memoryOf = variant === 'shared' ? shareWebAssemblyMemory() : undefined;
// Only now: the decoder takes WebAssembly as it finds it.
const { nntp } = await import('@newsreel/nntp');
const { decodeEngine } = await import('@newsreel/nntp/internal');
const { createByteLedger, systemClock } = await import('@newsreel/core/plugin');

decodeEngine();
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const context = { events: { emit() {} }, logger: quiet, clock: systemClock, ledger: createByteLedger(limitBytes) };
const provider = nntp(options)(context);
const handOver = { transfer: transferring, slab: () => slab(128, 2 ** 20), shared: () => sharedDecoder(memoryOf) }[
  variant
]();
const cancels = new Map();

const asked = {
  async warm({ count }) {
    await provider.warm(count);
    parentPort.postMessage({ what: 'warmed' });
  },
  fetch: ({ number, id, lane, expectedBytes, watched }) => fetchOne(number, id, { lane, expectedBytes }, watched),
  cancel: ({ number }) => cancels.get(number)?.abort(),
  released: ({ places }) => places.forEach(handOver.takeBack),
  async close() {
    await provider.close();
    parentPort.close();
  },
};
parentPort.on('message', (message) => asked[message.what](message));
parentPort.postMessage({ what: 'made', shared: handOver.shared });

async function fetchOne(number, id, how, watched) {
  const place = handOver.place();
  const cancel = new AbortController();
  cancels.set(number, cancel);
  try {
    const sink = watched ? tell(number, place) : undefined;
    const article = await provider.fetch(id, { ...how, sink, signal: cancel.signal });
    const { part, crc32 } = article;
    const { message, transfer } = place.done(article);
    parentPort.postMessage({ what: 'fetched', number, part, crc32, place: message }, transfer);
  } catch (error) {
    place.abandoned?.();
    parentPort.postMessage({ what: 'failed', number, code: error.code, text: String(error.message) });
  } finally {
    cancels.delete(number);
  }
}

/** Tells the other side how far the article has come. */
function tell(number, place) {
  let bytes;
  let told = 0;
  return {
    begin(arrival) {
      bytes = arrival.bytes;
      parentPort.postMessage({ what: 'begun', number, part: arrival.part, place: place.begin(bytes) });
      return true;
    },
    progress(available) {
      const { message, transfer } = place.progress(bytes, told, available);
      told = available;
      parentPort.postMessage({ what: 'progress', number, available, place: message }, transfer);
    },
    abandoned: () => parentPort.postMessage({ what: 'abandoned', number }),
  };
}
