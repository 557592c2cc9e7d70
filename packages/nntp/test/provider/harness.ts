import type { EventSink, Logger, NewsreelEvent, NewsreelEvents, PluginContext } from '@newsreel/core';
import { createByteLedger, systemClock } from '@newsreel/core/plugin';
import { afterEach } from 'vitest';
import { type NntpOptions, type NntpProvider, nntp } from '../../src/index.js';
import { type NewsServer, type NewsServerOptions, type PostedFile, startNewsServer } from '../../src/testing.js';

/** One reported fact. */
export interface Fact {
  readonly event: NewsreelEvent;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** What a provider under test is given, with everything it reports kept. */
export interface TestContext extends PluginContext {
  readonly facts: Fact[];
  of<E extends NewsreelEvent>(event: E): NewsreelEvents[E][];
}

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

export function testContext(changes: Partial<PluginContext> = {}): TestContext {
  const facts: Fact[] = [];
  const events: EventSink = {
    emit: (event, payload) => void facts.push({ event, payload: payload as Fact['payload'] }),
  };
  return {
    events,
    logger: silent,
    clock: systemClock,
    ledger: createByteLedger(256 * 1024 * 1024),
    ...changes,
    facts,
    of: (event) => facts.filter((fact) => fact.event === event).map((fact) => fact.payload as never),
  };
}

const toClose: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

/** Closes it after the test. */
export function closing<T extends { close(): Promise<void> }>(thing: T): T {
  toClose.push(() => thing.close());
  return thing;
}

export async function server(options: NewsServerOptions = {}): Promise<NewsServer> {
  return closing(await startNewsServer(options));
}

/** A provider for a test server, in plain text unless told otherwise. */
export function provider(on: NewsServer, options: Partial<NntpOptions> = {}, context = testContext()): NntpProvider {
  const { host, port } = on;
  return closing(nntp({ host, port, tls: false, name: 'test', ...options })(context) as NntpProvider);
}

/** A file of a few articles. */
export function post(on: NewsServer, articles = 3, partBytes = 20_000): Promise<PostedFile> {
  return on.post({ name: 'movie.mkv', bytes: { size: articles * partBytes, seed: 7 }, partBytes });
}

export const idsOf = (file: PostedFile) => file.segments.map((segment) => segment.id);

/** Waits for something that becomes true by itself. */
export async function until(what: string, condition: () => boolean, withinMs = 5000): Promise<void> {
  const lastMs = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > lastMs) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

export async function collect<T>(batches: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const batch of batches) all.push(...batch);
  return all;
}
