import { describe, it } from 'vitest';
import { createProviderPool } from '../../src/pool/provider-pool.js';
import { wrapSource } from '../../src/pool/wrap-source.js';
import { articleSourceSuite } from '../../src/testing/article-source-suite.js';
import { memoryFile } from '../../src/testing/memory-file.js';
import { memoryProvider } from '../../src/testing/memory-provider.js';
import { providerSuite } from '../../src/testing/provider-suite.js';
import { createByteLedger } from '../../src/util/byte-ledger.js';
import { systemClock } from '../../src/util/clock.js';
import { recorder, silent } from '../pool/support.js';

const file = memoryFile({ size: 50_000, partBytes: 9_000 });
const missing = ['nobody-has-this@newsreel.invalid'];
const [first, second] = file.ids as [string, string];

function world() {
  const ledger = createByteLedger(2 ** 26);
  const context = { ledger, clock: systemClock, events: recorder(), logger: silent };
  const subject = { present: file.articles, missing, usedBytes: () => ledger.usedBytes };
  return { context, subject };
}

describe.each([0, 1])('memory provider, %d ms per step', (stepMs) => {
  providerSuite({
    describe,
    it,
    supports: { progressive: true },
    create: async () => {
      const { context, subject } = world();
      const provider = memoryProvider({ ...context, articles: file.articles, stepMs, latencyMs: stepMs });
      return { ...subject, provider, ledger: context.ledger, close: () => provider.close() };
    },
  });
});

describe('wrapped source', () => {
  providerSuite({
    describe,
    it,
    supports: { progressive: true },
    create: async () => {
      const { context, subject } = world();
      const inner = memoryProvider({ articles: file.articles, name: 'inner' });
      const provider = wrapSource(inner, context, { concurrency: 4 });
      return { ...subject, provider, ledger: context.ledger, close: () => inner.close() };
    },
  });
});

describe('pool', () => {
  articleSourceSuite({
    describe,
    it,
    supports: { progressive: true },
    create: async () => {
      const { context, subject } = world();
      const common = { ...context, articles: file.articles, stepMs: 1, concurrency: 2 };
      const providers = [
        memoryProvider({ ...common, name: 'a', missing: [first] }),
        memoryProvider({ ...common, name: 'b', priority: 1 }),
      ];
      const source = createProviderPool({ ...context, providers });
      return { ...subject, source, close: async () => void (await Promise.all(providers.map((one) => one.close()))) };
    },
  });
});

describe('pool of a pool, over providers with faults', () => {
  articleSourceSuite({
    describe,
    it,
    create: async () => {
      const { context, subject } = world();
      const common = { ...context, articles: file.articles };
      const providers = [
        memoryProvider({ ...common, name: 'a', corrupt: [first], drop: [second] }),
        memoryProvider({ ...common, name: 'b', priority: 1 }),
      ];
      const inner = createProviderPool({ ...context, ledger: createByteLedger(2 ** 26), providers });
      const source = createProviderPool({ ...context, providers: [inner] });
      const close = async () => void (await Promise.all([inner, ...providers].map((one) => one.close())));
      return { ...subject, source, usedBytes: undefined, close };
    },
  });
});
