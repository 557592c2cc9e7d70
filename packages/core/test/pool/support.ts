import type { NewsreelError } from '../../src/errors/index.js';
import type { EventSink, NewsreelEvent, NewsreelEvents } from '../../src/model/index.js';

/** A logger that says nothing. */
export const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** An event sink that remembers. */
export function recorder() {
  const seen: { event: NewsreelEvent; payload: unknown }[] = [];
  const sink: EventSink = { emit: (event, payload) => void seen.push({ event, payload }) };
  return {
    ...sink,
    names: () => seen.map(({ event }) => event),
    payloads: <E extends NewsreelEvent>(wanted: E) =>
      seen.filter(({ event }) => event === wanted).map(({ payload }) => payload as NewsreelEvents[E]),
  };
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<NewsreelError> {
  return promise.then(
    () => {
      throw new Error('was fulfilled');
    },
    (error: NewsreelError) => error,
  );
}

/** Lets everything happen that needs no time. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Everything an async iterable yields. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
