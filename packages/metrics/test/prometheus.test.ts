import { type NewsreelEvents, ProviderUnavailableError, type Snapshot } from '@newsreel/core';
import { adapterHost, memoryCatalog } from '@newsreel/core/testing';
import { Counter, Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { type PrometheusAdapter, type PrometheusOptions, prometheus } from '../src/index.js';

const open: PrometheusAdapter[] = [];
afterEach(async () => {
  for (const adapter of open.splice(0)) await adapter.close();
});

async function attached(options: PrometheusOptions = {}, snapshot: () => Partial<Snapshot> = () => ({})) {
  const host = adapterHost(memoryCatalog({ '/a.txt': Buffer.from('a') }), { snapshot });
  const adapter = prometheus({ processMetrics: false, ...options });
  open.push(adapter);
  await adapter.attach(host);
  return { adapter, events: host.events };
}

const fetched: NewsreelEvents['article:fetched'] = {
  provider: 'main',
  id: 'a@b',
  bytes: 700,
  wireBytes: 725,
  firstByteMs: 40,
  durationMs: 120,
  lane: 'playback',
};

describe('prometheus', () => {
  it('counts what happens', async () => {
    const { adapter, events } = await attached();
    events.emit('article:fetched', fetched);
    events.emit('article:fetched', { ...fetched, bytes: 300, lane: 'prefetch' });
    events.emit('article:missing', { provider: 'main', id: 'c@d' });
    const refused = new ProviderUnavailableError({ provider: 'main', message: 'refused' });
    events.emit('article:failed', { provider: 'main', id: 'c@d', cause: refused });
    events.emit('connection:closed', { provider: 'main', reason: 'idle' });
    events.emit('read:stalled', { path: '/a', position: 0, waitedMs: 2500 });
    const page = await adapter.text();
    expect(page).toContain('newsreel_bytes_total{provider="main",lane="playback"} 700');
    expect(page).toContain('newsreel_bytes_total{provider="main",lane="prefetch"} 300');
    expect(page).toContain('newsreel_article_failures_total{provider="main",code="ERR_ARTICLE_MISSING"} 1');
    expect(page).toContain('newsreel_article_failures_total{provider="main",code="ERR_PROVIDER_UNAVAILABLE"} 1');
    expect(page).toContain('newsreel_connections_closed_total{provider="main",reason="idle"} 1');
    expect(page).toContain('newsreel_read_stalled_seconds_total 2.5');
    expect(page).toContain('newsreel_article_first_byte_seconds_bucket{le="0.05",provider="main"} 2');
  });

  it('pulls gauges when scraped, not before', async () => {
    let pulls = 0;
    const { adapter } = await attached({}, () => {
      pulls++;
      return { memory: { usedBytes: 10, limitBytes: 100, cachedBytes: 5 } };
    });
    expect(pulls).toBe(0);
    expect(await adapter.text()).toContain('newsreel_memory_used_bytes 10');
    expect(pulls).toBeGreaterThan(0);
  });

  it('shows what came over the wire and what limits it', async () => {
    const lanes = { playback: 0, prefetch: 0, import: 0, background: 0 };
    const { adapter } = await attached({}, () => ({
      bytesRead: { plex: 600 },
      pool: {
        ...{ providers: [], queued: lanes, bytes: lanes, readers: {} },
        traffic: [{ provider: 'main', lane: 'prefetch', bytes: 700, wireBytes: 900, wastedBytes: 180 }],
        bandwidth: [
          { scope: 'engine', name: '', maxBytesPerSecond: 5000, bytesPerSecond: 4900 },
          { scope: 'lane', name: 'import', maxBytesPerSecond: 1000, bytesPerSecond: 0 },
        ],
      },
    }));
    // Asked twice: what the engine counts must not be added up here.
    await adapter.text();
    const page = await adapter.text();
    expect(page).toContain('newsreel_traffic_bytes_total{provider="main",lane="prefetch"} 900');
    expect(page).toContain('newsreel_traffic_wasted_bytes_total{provider="main",lane="prefetch"} 180');
    expect(page).toContain('newsreel_read_bytes_by_label_total{label="plex"} 600');
    expect(page).toContain('newsreel_bandwidth_limit_bytes_per_second{scope="lane",name="import"} 1000');
    expect(page).toContain('newsreel_bandwidth_bytes_per_second{scope="engine",name=""} 4900');
  });

  it('is scraped over HTTP, on loopback, at its path only', async () => {
    const { adapter, events } = await attached({ port: 0, labels: { app: 'test' } });
    events.emit('article:fetched', fetched);
    expect(adapter.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    const page = await fetch(String(adapter.url));
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/plain');
    expect(await page.text()).toContain('newsreel_articles_total{provider="main",lane="playback",app="test"} 1');
    expect((await fetch(new URL('/other', adapter.url))).status).toBe(404);
    expect((await fetch(String(adapter.url), { method: 'POST' })).status).toBe(405);
  });

  it('asks for its token', async () => {
    const { adapter } = await attached({ port: 0, token: 's3cret' });
    expect((await fetch(String(adapter.url))).status).toBe(401);
    const headers = { authorization: 'Bearer s3cret' };
    expect((await fetch(String(adapter.url), { headers })).status).toBe(200);
  });

  it('does not answer to a foreign name', async () => {
    const { adapter } = await attached({ port: 0 });
    const { request } = await import('node:http');
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const asked = request(String(adapter.url), { headers: { host: 'evil.example' } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      asked.on('error', reject).end();
    });
    expect(status).toBe(421);
  });

  it('refuses to listen beyond loopback without a token, and a taken port', async () => {
    const host = adapterHost(memoryCatalog({}));
    await expect(prometheus({ port: 0, host: '0.0.0.0' }).attach(host)).rejects.toMatchObject({ code: 'ERR_LISTEN' });
    const { adapter } = await attached({ port: 0 });
    const { port } = new URL(String(adapter.url));
    await expect(prometheus({ port: Number(port), processMetrics: false }).attach(host)).rejects.toMatchObject({
      code: 'ERR_LISTEN',
    });
  });

  it('leaves a registry of yours as it found it', async () => {
    const registry = new Registry();
    new Counter({ name: 'mine_total', help: 'mine', registers: [registry] }).inc();
    const { adapter, events } = await attached({ registry });
    expect(await adapter.text()).toContain('mine_total 1');
    await adapter.close();
    await adapter.close();
    expect(registry.getMetricsAsArray().map((metric) => metric.name)).toEqual(['mine_total']);
    expect(events.listenerCount('article:fetched')).toBe(0);
  });

  it('names every option that is wrong', () => {
    const options = { prot: 1, path: 'metrics' } as PrometheusOptions;
    expect(() => prometheus(options)).toThrow(/prot/);
    expect(() => prometheus(options)).toThrow(/path/);
  });
});
