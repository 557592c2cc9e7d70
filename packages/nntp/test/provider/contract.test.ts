import type { MemoryArticle, SuiteRunner } from '@newsreel/core/testing';
import { providerSuite } from '@newsreel/core/testing';
import { describe, it } from 'vitest';
import { type NntpOptions, type NntpProvider, nntp } from '../../src/index.js';
import { type NewsServerOptions, startNewsServer } from '../../src/testing.js';
import { testContext } from './harness.js';

const runner: SuiteRunner = { describe, it };

async function create(
  serverOptions: NewsServerOptions,
  options: (server: { ca?: string | undefined }) => Partial<NntpOptions>,
) {
  const server = await startNewsServer({ users: { alice: 's3cret' }, ...serverOptions });
  const file = await server.post({ name: 'a.bin', bytes: { size: 350_000, seed: 3 }, partBytes: 100_000 });
  const present = new Map<string, MemoryArticle>(
    file.segments.map(({ id, range, number }) => [
      id,
      {
        bytes: file.read(range),
        part: { range, fileSize: file.size, fileName: 'a.bin', part: number, totalParts: file.segments.length },
      },
    ]),
  );
  const context = testContext();
  const given = options(server);
  const port = given.tls === false || given.tls === undefined ? server.port : (server.tlsPort ?? server.port);
  const provider = nntp({
    ...{ host: server.host, port, tls: false, username: 'alice', password: 's3cret', connections: 3, depth: 1 },
    ...given,
  })(context) as NntpProvider;
  await provider.warm(3);
  return { provider, ledger: context.ledger, present, missing: ['nowhere@newsreel.test'], close: () => server.close() };
}

describe('NntpProvider in plain text', () => {
  providerSuite({ ...runner, create: () => create({}, () => ({})), supports: { progressive: true } });
});

describe('NntpProvider with TLS', () => {
  providerSuite({
    ...runner,
    create: () => create({ tls: true }, ({ ca }) => ({ tls: { ca } })),
    supports: { progressive: true },
  });
});
