import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { wrapSource } from '@newsreel/core/plugin';

const limitBytes = 256 * 1024 * 1024;

/**
 * A provider whose connections, TLS and decoding run in worker threads, for `createEngine`. A prototype to measure with:
 * errors lose their class on the way, STAT is missing, and one busy worker is not relieved by another.
 */
export function threadedProvider({ threads, variant, ...options }) {
  const shares = Array.from({ length: threads }, (_, at) => {
    const connections = Math.floor(options.connections / threads) + (at < options.connections % threads ? 1 : 0);
    return new WorkerSource(variant, { ...options, connections });
  });
  const least = () => shares.reduce((best, share) => (share.load < best.load ? share : best));
  const source = {
    id: 'threaded',
    fetch: (id, how) => least().fetch(id, how),
    // biome-ignore lint/correctness/useYield: nothing to say
    async *stat() {
      throw new Error('not part of the prototype');
    },
    async close() {},
  };
  return {
    factory: (context) => wrapSource(source, context, { concurrency: options.connections * 2 }),
    warm: () => Promise.all(shares.map((share) => share.warm())),
    utilization: (since) => shares.map((share, at) => share.utilization(since?.[at])),
    close: () => Promise.all(shares.map((share) => share.close())),
  };
}

/** One worker, seen from the main thread. */
class WorkerSource {
  #worker;
  #options;
  #made;
  #bytes;
  #states;
  #requests = new Map();
  #last = 0;
  #released = [];
  #transfers = [];

  constructor(variant, options) {
    this.#options = options;
    this.#worker = new Worker(new URL('worker.mjs', import.meta.url), { workerData: { variant, options, limitBytes } });
    this.#made = once(this.#worker, 'message').then(([{ shared }]) => {
      if (shared) this.#bytes = new Uint8Array(shared.memory);
      this.#states = shared?.states;
      this.#worker.on('message', (message) => this.#heard(message));
    });
  }

  get load() {
    return this.#requests.size / this.#options.connections;
  }

  async warm() {
    await this.#made;
    const warmed = new Promise((resolve) => this.#requests.set('warm', { resolve }));
    this.#worker.postMessage({ what: 'warm', count: this.#options.connections });
    await warmed;
    this.#requests.delete('warm');
  }

  utilization(since) {
    return this.#worker.performance.eventLoopUtilization(since);
  }

  fetch(id, { lane, expectedBytes, sink, signal }) {
    const number = ++this.#last;
    const cancel = () => this.#worker.postMessage({ what: 'cancel', number });
    signal?.addEventListener('abort', cancel, { once: true });
    return new Promise((resolve, reject) => {
      const done = () => signal?.removeEventListener('abort', cancel);
      this.#requests.set(number, { id, sink, resolve, reject, done });
      this.#worker.postMessage({ what: 'fetch', number, id, lane, expectedBytes, watched: sink !== undefined });
    });
  }

  async close() {
    const gone = once(this.#worker, 'exit');
    this.#worker.postMessage({ what: 'close' });
    await gone;
  }

  #heard(message) {
    if (message.what === 'warmed') {
      this.#requests.get('warm').resolve();
      return;
    }
    const request = this.#requests.get(message.number);
    if (message.what === 'begun') this.#begun(request, message);
    else if (message.what === 'progress') this.#progress(request, message);
    else if (message.what === 'abandoned') request.leads && request.sink.abandoned(new Error('abandoned'));
    else {
      this.#requests.delete(message.number);
      request.done();
      if (message.what === 'fetched') request.resolve(this.#article(request.id, message));
      else request.reject(Object.assign(new Error(message.text), { code: message.code }));
    }
  }

  #begun(request, { part, place }) {
    const length = part.range.end - part.range.start;
    request.watched = this.#bytes ? this.#view(place) : new Uint8Array(length);
    request.leads = request.sink.begin({ provider: 'threaded', part, bytes: request.watched });
  }

  #progress(request, { available, place }) {
    if (place.piece) request.watched.set(new Uint8Array(place.piece), place.from);
    if (request.leads) request.sink.progress(available);
  }

  #article(id, { part, crc32, place }) {
    const bytes = place.buffer ? new Uint8Array(place.buffer, 0, place.length) : this.#view(place);
    let holders = 1;
    const release = () => {
      if (--holders === 0) this.#giveBack(place);
    };
    const article = { id, part, crc32, bytes, provider: 'threaded', release };
    return Object.assign(article, { retain: () => ++holders && article });
  }

  #view({ start, length }) {
    return this.#bytes.subarray(start, start + length);
  }

  /** A slot is freed at once; other places go back in one message per turn. */
  #giveBack(place) {
    if (place.slot !== undefined) {
      Atomics.store(this.#states, place.slot, 0);
      return;
    }
    if (this.#released.length === 0) setImmediate(() => this.#sendBack());
    this.#released.push(place.buffer ?? place.token);
    if (place.buffer) this.#transfers.push(place.buffer);
  }

  #sendBack() {
    this.#worker.postMessage({ what: 'released', places: this.#released }, this.#transfers);
    this.#released = [];
    this.#transfers = [];
  }
}
