import { describe, expect, it } from 'vitest';
import { raw, serve } from './support.js';

const files = { '/film/film.mkv': '12345' };

describe('OPTIONS', () => {
  it('announces class 1 without locks', async () => {
    const { url } = await serve(files);
    for (const path of ['/', '/film/film.mkv', '/nothing']) {
      const { status, headers } = await fetch(`${url}${path}`, { method: 'OPTIONS' });
      expect(status).toBe(200);
      expect(headers.get('dav')).toBe('1');
      expect(headers.get('ms-author-via')).toBe('DAV');
      expect(headers.get('allow')).toBe('OPTIONS, GET, HEAD, PROPFIND');
      expect(headers.get('content-length')).toBe('0');
    }
  });

  it('announces class 2 with locks, and answers for the server as a whole', async () => {
    const { port } = await serve(files, { locks: true });
    const { status, head } = await raw(port, 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    expect(status).toBe(200);
    expect(head).toContain('DAV: 1, 2');
    expect(head).toContain('Allow: OPTIONS, GET, HEAD, PROPFIND, LOCK, UNLOCK');
  });
});

describe('writing', () => {
  it.each([
    'PUT',
    'DELETE',
    'MKCOL',
    'PROPPATCH',
    'MOVE',
    'COPY',
    'POST',
    'PATCH',
    'LOCK',
    'UNLOCK',
    'REPORT',
    'SEARCH',
  ])('%s is refused with what is allowed', async (method) => {
    const { url, catalog } = await serve(files);
    const body = method === 'PUT' || method === 'PROPPATCH' ? 'x'.repeat(1000) : null;
    const response = await fetch(`${url}/film/film.mkv`, { method, body });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('OPTIONS, GET, HEAD, PROPFIND');
    await response.text();
    expect(await (await fetch(`${url}/film/film.mkv`)).text()).toBe('12345');
    expect(catalog.revision).toBe(catalog.revision);
  });

  it('refuses verbs nobody knows with 501', async () => {
    const { port, adapter } = await serve(files);
    expect((await raw(port, 'PURGE / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')).status).toBe(501);
    expect((await adapter.fetch(new Request('http://localhost/', { method: 'BREW' }))).status).toBe(501);
    expect((await adapter.fetch(new Request('http://localhost/', { method: 'constructor' }))).status).toBe(501);
  });

  it('does not take in a large upload it refuses', async () => {
    const { port } = await serve(files);
    const asking = await raw(
      port,
      'PUT /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n',
    );
    expect(asking.status).toBe(405);
    expect(asking.head).toContain('Connection: close');
    const sending = await raw(
      port,
      `PUT /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n${'x'.repeat(1000)}`,
    );
    expect(sending.status).toBe(405);
  });
});

describe('pretended locks', () => {
  const lockinfo = (scope: string) =>
    `<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:${scope}/></D:lockscope><D:locktype><D:write/></D:locktype><D:owner><D:href>me</D:href></D:owner></D:lockinfo>`;

  it('gives a token, refreshes it and takes it back', async () => {
    const { url } = await serve(files, { locks: true });
    const lock = await fetch(`${url}/film/film.mkv`, {
      method: 'LOCK',
      body: lockinfo('shared'),
      headers: { Depth: '0' },
    });
    expect(lock.status).toBe(200);
    const token = lock.headers.get('lock-token')!;
    expect(token).toMatch(/^<urn:uuid:[0-9a-f-]{36}>$/);
    const text = await lock.text();
    expect(text).toContain('<D:lockscope><D:shared/></D:lockscope>');
    expect(text).toContain('<D:depth>0</D:depth>');
    expect(text).toContain(token.slice(1, -1));
    const refresh = await fetch(`${url}/film/film.mkv`, { method: 'LOCK', headers: { If: `(${token})` } });
    expect(refresh.status).toBe(200);
    expect(await refresh.text()).toContain(token.slice(1, -1));
    const unlock = await fetch(`${url}/film/film.mkv`, { method: 'UNLOCK', headers: { 'Lock-Token': token } });
    expect(unlock.status).toBe(204);
  });

  it('offers them in PROPFIND', async () => {
    const { url } = await serve(files, { locks: true });
    const response = await fetch(`${url}/`, { method: 'PROPFIND', headers: { Depth: '0' } });
    expect(await response.text()).toContain('<D:lockentry><D:lockscope><D:exclusive/></D:lockscope>');
  });

  it.each([
    ['LOCK', '/film/film.mkv', '', {}, 400],
    ['LOCK', '/film/film.mkv', '<a/>', {}, 400],
    ['LOCK', '/film/film.mkv', '<D:lockinfo xmlns:D="DAV:"/>', {}, 400],
    ['LOCK', '/nothing', lockinfo('exclusive'), {}, 404],
    ['UNLOCK', '/film/film.mkv', '', {}, 400],
    ['PUT', '/film/film.mkv', 'x', {}, 405],
  ])('%s %s %s → refused', async (method, path, body, headers, status) => {
    const { url } = await serve(files, { locks: true });
    expect((await fetch(`${url}${path}`, { method, body: body === '' ? null : body, headers })).status).toBe(status);
  });
});
