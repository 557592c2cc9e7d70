import { afterEach, describe, expect, it } from 'vitest';
import { ByteRate, PACKET_BYTES } from '../../src/testing/pacing.js';
import { type NewsServer, type NewsServerOptions, type PostedFile, startNewsServer } from '../../src/testing.js';
import { rawClient } from './raw-client.js';

describe('ByteRate', () => {
  const farMs = performance.now() + 1_000_000;

  it('carries what time allows since somebody had bytes to send', () => {
    const rate = new ByteRate(1_000_000);
    rate.begin(farMs);
    expect(rate.available(farMs)).toBe(0);
    expect(rate.available(farMs + 10)).toBe(10_000);
    rate.spend(10_000);
    expect(rate.available(farMs + 10)).toBe(0);
  });

  it('loses what was not used before somebody came', () => {
    const rate = new ByteRate(1_000_000);
    rate.begin(farMs);
    rate.begin(farMs + 50);
    expect(rate.available(farMs + 51)).toBe(1000);
  });

  it('goes on without a gap for what was due before the link was free', () => {
    const rate = new ByteRate(1_000_000);
    rate.begin(farMs);
    rate.spend(20_000);
    rate.begin(farMs + 5);
    expect(rate.available(farMs + 20)).toBe(0);
    expect(rate.available(farMs + 30)).toBe(10_000);
  });

  it('makes up for a late timer, not for a long sleep', () => {
    const rate = new ByteRate(1_000_000);
    rate.begin(farMs);
    expect(rate.available(farMs + 60)).toBe(60_000);
    expect(rate.available(farMs + 60_000)).toBeLessThanOrEqual(100_000);
  });

  it('can be no limit', () => {
    const rate = new ByteRate(Number.POSITIVE_INFINITY);
    rate.spend(1e12);
    expect(rate.available(farMs)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('a server with a rate', () => {
  let server: NewsServer;
  let file: PostedFile;
  afterEach(() => server?.close());

  async function serve(options: NewsServerOptions): Promise<void> {
    server = await startNewsServer(options);
    file = await server.post({ name: 'f.bin', bytes: { size: 400_000, seed: 1 }, partBytes: 100_000 });
  }

  it('never sends more of a body than the link could have carried by then', async () => {
    const rttMs = 20;
    const bytesPerSecond = 1_000_000;
    await serve({ rttMs, bytesPerSecondPerConnection: bytesPerSecond });
    const client = await rawClient(server);
    const before = client.received.length;
    const askedMs = performance.now();
    const tooEarly: string[] = [];
    client.socket.on('data', () => {
      const bytes = client.received.length - before;
      const sentMs = performance.now() - askedMs - rttMs;
      // The answer may come half a millisecond early: timers are that coarse.
      const carried = PACKET_BYTES + ((sentMs + 1) * bytesPerSecond) / 1000;
      if (bytes > carried) tooEarly.push(`${bytes} bytes after ${sentMs} ms`);
    });
    await client.body(file.segments[0]!.id);
    await client.body(file.segments[1]!.id);
    expect(tooEarly).toEqual([]);
  });

  it('never sends more than the link could have carried, also to many at a time', async () => {
    const bytesPerSecond = 2_000_000;
    await serve({ bytesPerSecond });
    const clients = await Promise.all(Array.from({ length: 12 }, () => rawClient(server)));
    const startedMs = performance.now();
    await Promise.all(clients.map((client, at) => client.body(file.segments[at % 4]!.id)));
    const tookMs = performance.now() - startedMs;
    const bytes = clients.reduce((sum, { received }) => sum + received.length, 0);
    expect(tookMs).toBeGreaterThan(((bytes - 13 * PACKET_BYTES) * 1000) / bytesPerSecond - 10);
  });

  it('lets a client that sleeps catch up with nothing', async () => {
    await serve({ bytesPerSecondPerConnection: 100_000 });
    const client = await rawClient(server);
    await new Promise((resolve) => setTimeout(resolve, 150));
    const askedMs = performance.now();
    const got = client.received.length;
    client.send(`BODY <${file.segments[0]!.id}>\r\n`);
    await client.until(() => client.received.length - got > 5000);
    expect(performance.now() - askedMs).toBeGreaterThan(30);
  });
});

describe('connecting', () => {
  let server: NewsServer;
  afterEach(() => server?.close());

  it('costs the round trips of TCP and TLS when told to', async () => {
    const rttMs = 40;
    server = await startNewsServer({ rttMs, tls: true, handshakeRoundTrips: true });
    const plainMs = performance.now();
    await rawClient(server);
    expect(performance.now() - plainMs).toBeGreaterThan(2 * rttMs - 3);
    const tls = { port: server.tlsPort!, ca: server.ca! };
    const tlsMs = performance.now();
    await rawClient(server, { tls });
    expect(performance.now() - tlsMs).toBeGreaterThan(3 * rttMs - 4);
  });
});
