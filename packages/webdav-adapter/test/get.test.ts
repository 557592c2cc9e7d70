import {
  ArticleCorruptError,
  ArticleMissingError,
  ClosedError,
  ConfigInvalidError,
  type ErrorCode,
  errorCodes,
  FileChangedError,
  LayoutUnknownError,
  NewsreelError,
  ProviderAuthError,
  ProviderUnavailableError,
  TimeoutError,
} from '@newsreel/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { statusOf } from '../src/status.js';
import { modifiedMs, pattern, raw, serve, until } from './support.js';

const bytes = pattern(300_000);
const bodyOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());

describe('GET of a file', () => {
  it('gives every byte with the headers players and caches need', async () => {
    const { url, catalog } = await serve({ '/film/film.mkv': bytes }, { label: 'tv' });
    const response = await fetch(`${url}/film/film.mkv`);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'accept-ranges': 'bytes',
      'content-length': '300000',
      'content-type': 'video/x-matroska',
      'content-disposition': `inline; filename="film.mkv"; filename*=UTF-8''film.mkv`,
      'content-security-policy': 'sandbox',
      'x-content-type-options': 'nosniff',
      'last-modified': new Date(modifiedMs).toUTCString(),
      'cache-control': 'private, no-cache',
    });
    expect(response.headers.get('etag')).toMatch(/^"[0-9a-f]{32}"$/);
    expect(Buffer.compare(await bodyOf(response), bytes)).toBe(0);
    await until('all given back', () => catalog.openHandles === 0 && catalog.openLeases === 0);
    expect(catalog.reads[0]?.label).toBe('tv');
  });

  it('gives parts, byte for byte', async () => {
    const { url, catalog } = await serve({ '/a.bin': bytes }, {}, { pieceBytes: 7_001 });
    const position = fc.nat(bytes.length - 1);
    await fc.assert(
      fc.asyncProperty(position, position, async (one, other) => {
        const [first, last] = one < other ? [one, other] : [other, one];
        const response = await fetch(`${url}/a.bin`, { headers: { Range: `bytes=${first}-${last}` } });
        expect(response.status).toBe(206);
        expect(response.headers.get('content-range')).toBe(`bytes ${first}-${last}/300000`);
        expect(response.headers.get('content-length')).toBe(String(last - first + 1));
        expect(Buffer.compare(await bodyOf(response), bytes.subarray(first, last + 1))).toBe(0);
      }),
      { numRuns: 60 },
    );
    await until('all given back', () => catalog.openHandles === 0 && catalog.openLeases === 0);
  });

  it.each([
    ['bytes=299990-', 206, 'bytes 299990-299999/300000', 10],
    ['bytes=-5', 206, 'bytes 299995-299999/300000', 5],
    ['bytes=0-1,5-6', 200, null, 300_000],
    ['bytes=5-1', 200, null, 300_000],
    ['bytes=300000-', 416, 'bytes */300000', undefined],
    ['bytes=-0', 416, 'bytes */300000', undefined],
  ])('answers Range: %s with %d', async (range, status, contentRange, length) => {
    const { url, catalog } = await serve({ '/a.bin': bytes });
    const response = await fetch(`${url}/a.bin`, { headers: { Range: range } });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-range')).toBe(contentRange);
    const body = await bodyOf(response);
    if (length !== undefined) expect(body.length).toBe(length);
    if (status === 416) expect(catalog.opened).toBe(0);
  });

  it('honours If-Range, If-None-Match and If-Match', async () => {
    const { url } = await serve({ '/a.bin': bytes });
    const etag = (await fetch(`${url}/a.bin`, { method: 'HEAD' })).headers.get('etag')!;
    const ask = async (headers: Record<string, string>) => {
      const response = await fetch(`${url}/a.bin`, { headers });
      await response.arrayBuffer();
      return response;
    };
    expect((await ask({ Range: 'bytes=0-1', 'If-Range': etag })).status).toBe(206);
    expect((await ask({ Range: 'bytes=0-1', 'If-Range': '"old"' })).status).toBe(200);
    expect((await ask({ Range: 'bytes=0-1', 'If-Range': new Date(modifiedMs).toUTCString() })).status).toBe(206);
    expect((await ask({ Range: 'bytes=999999-', 'If-Range': '"old"' })).status).toBe(200);
    const unchanged = await ask({ 'If-None-Match': etag });
    expect(unchanged.status).toBe(304);
    expect(unchanged.headers.get('etag')).toBe(etag);
    expect((await ask({ 'If-Match': '"old"', Range: 'bytes=0-1' })).status).toBe(412);
    expect((await ask({ 'If-Match': etag, Range: 'bytes=0-1' })).status).toBe(206);
  });

  it('gives an empty file, with or without a range, without opening it', async () => {
    const { url, catalog } = await serve({ '/empty.txt': '' });
    for (const headers of [{}, { Range: 'bytes=0-' }, { Range: 'bytes=-5' }]) {
      const response = await fetch(`${url}/empty.txt`, { headers });
      expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([200, '0', '']);
    }
    expect(catalog.opened).toBe(0);
  });

  it('finds names with every awkward character, and composed names asked for decomposed', async () => {
    const names = [
      'a b & ü #1 100%.txt',
      "it's (1) [x] {y}.txt",
      'ümlaut.txt',
      '日本語.txt',
      '🎬.txt',
      'a?b;c=d+e,f.txt',
      'back\\slash.txt',
      '...',
    ];
    const { url } = await serve(Object.fromEntries(names.map((name) => [`/x/${name}`, name])));
    for (const name of names) {
      expect(await (await fetch(`${url}/x/${encodeURIComponent(name)}`)).text()).toBe(name);
    }
    expect(await (await fetch(`${url}/x/${encodeURIComponent('ümlaut.txt'.normalize('NFD'))}`)).text()).toBe(
      'ümlaut.txt',
    );
  });

  it('answers HTTP/1.0 and the absolute form', async () => {
    const { port } = await serve({ '/a.txt': 'hello' });
    const old = await raw(port, 'GET /a.txt HTTP/1.0\r\n\r\n');
    expect([old.status, old.body.toString()]).toEqual([200, 'hello']);
    const absolute = await raw(
      port,
      `GET http://localhost:${port}/a.txt?x=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    );
    expect([absolute.status, absolute.body.toString()]).toEqual([200, 'hello']);
  });
});

describe('what browsers do with posted bytes', () => {
  it.each([
    ['page.html', 'text/html; charset=utf-8', 'attachment'],
    ['page.xhtml', 'application/xhtml+xml', 'attachment'],
    ['image.svg', 'image/svg+xml', 'attachment'],
    ['feed.xml', 'text/xml; charset=utf-8', 'attachment'],
    ['code.js', 'text/javascript; charset=utf-8', 'attachment'],
    ['paper.pdf', 'application/pdf', 'attachment'],
    ['unknown.par2', 'application/octet-stream', 'attachment'],
    ['noending', 'application/octet-stream', 'attachment'],
    ['notes.txt', 'text/plain; charset=utf-8', 'inline'],
    ['film.mp4', 'video/mp4', 'inline'],
    ['song.flac', 'audio/x-flac', 'inline'],
    ['cover.jpg', 'image/jpeg', 'inline'],
  ])('%s is %s, %s', async (name, type, disposition) => {
    const { url } = await serve({ [`/${name}`]: '<script>alert(1)</script>' });
    const { headers } = await fetch(`${url}/${name}`, { method: 'HEAD' });
    expect(headers.get('content-type')!.replace('application/xml', 'text/xml; charset=utf-8')).toBe(type);
    expect(headers.get('content-disposition')!.split(';')[0]).toBe(disposition);
    expect(headers.get('content-security-policy')).toBe('sandbox');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('carries any name in Content-Disposition without letting it break out', async () => {
    const name = 'ü "q" \\ 100% \u0007 \r\nX-Evil: 1 \'(x)*.bin';
    const { url } = await serve({ [`/${name}`]: 'x' });
    const { headers } = await fetch(`${url}/${encodeURIComponent(name)}`);
    expect(headers.get('x-evil')).toBeNull();
    const [, ascii, extended] = /^attachment; filename="([^"]*)"; filename\*=UTF-8''(\S*)$/.exec(
      headers.get('content-disposition')!,
    )!;
    expect(ascii).toMatch(/^[\x20-\x7e]*$/);
    expect(extended).toMatch(/^[\w.~!%-]+$/);
    expect(decodeURIComponent(extended!)).toBe(name);
  });
});

describe('HEAD', () => {
  it('says what GET would, without a body and without opening anything', async () => {
    const { url, catalog, port } = await serve({ '/a.bin': bytes });
    const response = await fetch(`${url}/a.bin`, { method: 'HEAD', headers: { Range: 'bytes=0-1' } });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-length')).toBe('300000');
    expect(response.headers.get('etag')).not.toBeNull();
    expect(catalog.opened).toBe(0);
    const folder = await raw(port, 'HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    expect([folder.status, folder.body.length]).toEqual([200, 0]);
    const absent = await raw(port, 'HEAD /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    expect([absent.status, absent.body.length]).toEqual([404, 0]);
  });
});

describe('addresses', () => {
  it.each([
    ['/..%2f..%2fetc/passwd', 400],
    ['/../etc/passwd', 400],
    ['/%2e%2e/x', 400],
    ['/a%00', 400],
    ['/%', 400],
    ['/%ff', 400],
    [`/${'a'.repeat(8192)}`, 414],
    ['/nothing', 404],
    ['/a.txt/', 404],
    ['/a.txt/b', 404],
    ['/x/', 404],
  ])('answers %s with %d', async (path, status) => {
    const { port } = await serve({ '/a.txt': 'a' });
    const answer = await raw(port, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    expect(answer.status).toBe(status);
  });
});

describe('failures before the first byte', () => {
  const secret = 'hunter2';
  const asked = ['one'];
  const messageId = `${secret}@x`;
  const cases: [string, unknown, number][] = [
    ['missing', new ArticleMissingError({ messageId, asked }), 502],
    ['corrupt', new ArticleCorruptError({ messageId, provider: secret, reason: 'crc' }), 502],
    ['unavailable', new ProviderUnavailableError({ provider: secret, message: secret }), 503],
    ['login', new ProviderAuthError({ provider: secret, message: secret }), 502],
    ['timeout', new TimeoutError({ phase: 'body', afterMs: 1 }), 504],
    ['unknown size', new LayoutUnknownError({ path: secret }), 503],
    ['changed', new FileChangedError({ path: secret }), 409],
    ['closed', new ClosedError({ what: secret }), 503],
    ['configuration', new ConfigInvalidError({ what: secret, issues: [] }), 500],
    ['a stranger', new Error(secret), 500],
    ['no error at all', secret, 500],
  ];

  it.each(cases)('becomes a status: %s', async (_, error, status) => {
    const { url, catalog, log } = await serve({ '/a.mkv': bytes });
    for (const fault of [{ failAt: 0, error }, { openError: error }, { statError: error }]) {
      catalog.fault('/a.mkv', fault);
      const response = await fetch(`${url}/a.mkv`);
      expect(response.status).toBe(status);
      expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
      expect(await response.text()).not.toContain(secret);
      if (status === 503) expect(response.headers.get('retry-after')).toBe('5');
    }
    expect(catalog.openHandles).toBe(0);
    expect(catalog.openLeases).toBe(0);
    expect(log.filter(({ level }) => level === 'warn')).toHaveLength(status >= 500 ? 3 : 0);
  });

  it('has an answer for every code', () => {
    for (const code of errorCodes satisfies readonly ErrorCode[]) {
      expect(statusOf[code].status).toBeGreaterThanOrEqual(400);
      expect(statusOf[code].text).toMatch(/^[A-Z].*\.$/);
    }
  });

  it('answers a code of a newer core with 500', async () => {
    class FutureError extends NewsreelError {
      readonly code = 'ERR_FUTURE' as ErrorCode;
      readonly retryable = false;
    }
    const { url, catalog } = await serve({ '/a.mkv': bytes });
    catalog.fault('/a.mkv', { openError: new FutureError(secret) });
    expect((await fetch(`${url}/a.mkv`)).status).toBe(500);
  });
});
