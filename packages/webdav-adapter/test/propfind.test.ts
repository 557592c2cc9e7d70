import type { Entry } from '@newsreel/core';
import { adapterHost, memoryCatalog } from '@newsreel/core/testing';
import { describe, expect, it } from 'vitest';
import { webdav } from '../src/index.js';
import { afterTest, dial, modifiedMs, raw, readMultistatus, serve, until } from './support.js';

const files = {
  '/film/film.mkv': '12345',
  '/film/a b & ü #1 100%.txt': 'x',
  '/film/sub/x.txt': 'x',
  '/top.html': '<p>',
};
const ask = async (url: string, headers: Record<string, string> = { Depth: '1' }, body?: string) => {
  const response = await fetch(url, { method: 'PROPFIND', headers, body: body ?? null });
  return { response, text: await response.text() };
};
const named = (content: string) => `<propfind xmlns="DAV:"><prop>${content}</prop></propfind>`;
const hrefs = (text: string) => [...readMultistatus(text).keys()];

describe('PROPFIND', () => {
  it('lists a folder with Depth 1, itself first', async () => {
    const { url } = await serve(files);
    const { response, text } = await ask(`${url}/film/`);
    expect(response.status).toBe(207);
    expect(response.headers.get('content-type')).toBe('application/xml; charset=utf-8');
    expect(hrefs(text)).toEqual([
      '/film/',
      '/film/a%20b%20%26%20%C3%BC%20%231%20100%25.txt',
      '/film/film.mkv',
      '/film/sub/',
    ]);
  });

  it('describes only the entry itself with Depth 0', async () => {
    const { url } = await serve(files);
    expect(hrefs((await ask(`${url}/film`, { Depth: '0' })).text)).toEqual(['/film/']);
    expect(hrefs((await ask(`${url}/film/film.mkv`)).text)).toEqual(['/film/film.mkv']);
    expect(hrefs((await ask(`${url}/`, { Depth: '0' })).text)).toEqual(['/']);
  });

  it('gives all properties', async () => {
    const { url } = await serve(files);
    const all = readMultistatus(
      (await ask(`${url}/film/`, { Depth: '1' }, '<propfind xmlns="DAV:"><allprop/></propfind>')).text,
    );
    const etag = (await fetch(`${url}/film/film.mkv`, { method: 'HEAD' })).headers.get('etag');
    expect(all.get('/film/film.mkv')).toEqual({
      200: {
        '{DAV:}resourcetype': '',
        '{DAV:}displayname': 'film.mkv',
        '{DAV:}getcontentlength': '5',
        '{DAV:}getcontenttype': 'video/x-matroska',
        '{DAV:}getetag': etag,
        '{DAV:}getlastmodified': new Date(modifiedMs).toUTCString(),
        '{DAV:}creationdate': '2024-02-29T12:34:56Z',
        '{DAV:}supportedlock': '',
        '{DAV:}lockdiscovery': '',
      },
    });
    const folder = all.get('/film/')!['200']!;
    expect(folder['{DAV:}resourcetype']).toBe('<collection>');
    expect(Object.keys(folder)).not.toContain('{DAV:}getcontentlength');
    expect(all.get('/film/a%20b%20%26%20%C3%BC%20%231%20100%25.txt')!['200']!['{DAV:}displayname']).toBe(
      'a b & ü #1 100%.txt',
    );
  });

  it('answers named properties one by one, 404 for those it has not', async () => {
    const { url } = await serve(files);
    const body = named(
      '<getcontentlength/><getetag/><quota-used-bytes/><Win32FileAttributes xmlns="urn:schemas-microsoft-com:"/><odd xmlns=""/>',
    );
    const result = readMultistatus((await ask(`${url}/film/`, { Depth: '1' }, body)).text);
    const nowhere = {
      '{DAV:}quota-used-bytes': '',
      '{urn:schemas-microsoft-com:}Win32FileAttributes': '',
      '{}odd': '',
    };
    expect(result.get('/film/film.mkv')).toEqual({
      200: { '{DAV:}getcontentlength': '5', '{DAV:}getetag': expect.stringMatching(/^"/) },
      404: nowhere,
    });
    expect(result.get('/film/')).toEqual({ 404: { ...nowhere, '{DAV:}getcontentlength': '', '{DAV:}getetag': '' } });
    const none = readMultistatus((await ask(`${url}/film/`, { Depth: '0' }, named(''))).text);
    expect(none.get('/film/')).toEqual({ 200: {} });
  });

  it('gives names without values', async () => {
    const { url } = await serve(files);
    const body = '<propfind xmlns="DAV:"><propname/></propfind>';
    const result = readMultistatus((await ask(`${url}/film/film.mkv`, { Depth: '0' }, body)).text).get(
      '/film/film.mkv',
    )!;
    expect(Object.keys(result['200']!)).toContain('{DAV:}getetag');
    expect(new Set(Object.values(result['200']!))).toEqual(new Set(['']));
  });

  it('keeps hostile property namespaces inside their attribute', async () => {
    const { url } = await serve(files);
    const uri = 'u"\'><&ü';
    const body = named(`<x:p xmlns:x="u&quot;'&gt;&lt;&amp;ü"/>`);
    const result = readMultistatus((await ask(`${url}/`, { Depth: '0' }, body)).text).get('/')!;
    expect(Object.keys(result['404']!)).toEqual([`{${uri}}p`]);
  });

  it.each([undefined, 'infinity', 'Infinity'])('refuses unbounded depth (%s)', async (depth) => {
    const { url } = await serve(files);
    const { response, text } = await ask(`${url}/`, depth === undefined ? {} : { Depth: depth });
    expect(response.status).toBe(403);
    expect(text).toContain('<D:error xmlns:D="DAV:"><D:propfind-finite-depth/></D:error>');
  });

  it.each([
    ['a depth nobody knows', { Depth: '2' }, '', 400],
    ['a body that is no XML', { Depth: '1' }, 'x', 400],
    ['entities', { Depth: '1' }, '<!DOCTYPE a [<!ENTITY b "c">]><propfind xmlns="DAV:"><allprop/></propfind>', 400],
    ['too large a body', { Depth: '1' }, `<!--${'x'.repeat(65_536)}-->`, 413],
  ])('refuses %s', async (_, headers, body, status) => {
    const { url } = await serve(files);
    expect((await ask(`${url}/`, headers, body)).response.status).toBe(status);
  });

  it('refuses too large a body that does not say its length', async () => {
    const { port } = await serve(files);
    const chunk = `1000\r\n${' '.repeat(0x1000)}\r\n`;
    const answer = await raw(
      port,
      `PROPFIND / HTTP/1.1\r\nHost: localhost\r\nDepth: 0\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(17)}`,
    );
    expect(answer.status).toBe(413);
    expect(answer.head).toContain('Connection: close');
  });

  it('answers 404 for what is not there', async () => {
    const { url } = await serve(files);
    expect((await ask(`${url}/film/._film.mkv`, { Depth: '0' })).response.status).toBe(404);
  });

  it('lets no illegal character into the XML', async () => {
    const { url } = await serveHuge(1, () => 'a\u0001\u001f\u0008<>&"\'\r\n\t\ufffe\ud800.txt');
    const { text } = await ask(`${url}big/`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
    expect(text).not.toMatch(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/);
    const [, entry] = [...readMultistatus(text).values()];
    expect(entry!['200']!['{DAV:}displayname']).toBe('a\ufffd\ufffd\ufffd<>&"\'\r\n\t\ufffd\ufffd.txt');
  });
});

/** A folder of any number of entries that exist only while they are listed. */
function hugeCatalog(amount: number, nameOf: (index: number) => string) {
  const catalog = memoryCatalog({ '/big/a': 'x' });
  const seen = { listed: 0, returned: false };
  const list = async function* (): AsyncGenerator<Entry> {
    try {
      for (let index = 0; index < amount; index++) {
        seen.listed++;
        const name = nameOf(index);
        yield {
          id: name,
          version: 1,
          path: `/big/${name}`,
          name,
          kind: 'file',
          size: index,
          modifiedMs,
          etag: `e${index}`,
        };
      }
    } finally {
      seen.returned = true;
    }
  };
  return {
    seen,
    catalog: Object.assign(Object.create(catalog) as typeof catalog, { list, stat: catalog.stat.bind(catalog) }),
  };
}

async function serveHuge(amount: number, nameOf = (index: number) => `a rather long file name of number ${index}.mkv`) {
  const huge = hugeCatalog(amount, nameOf);
  const adapter = webdav({ port: 0 });
  afterTest(() => adapter.close());
  await adapter.attach(adapterHost(huge.catalog));
  return { ...huge, ...adapter.address! };
}

describe('PROPFIND of a large folder', () => {
  it('streams a hundred thousand entries', async () => {
    const { url } = await serveHuge(100_000);
    const { response, text } = await ask(`${url}big/`, { Depth: '1' }, named('<getcontentlength/>'));
    expect(response.headers.get('content-length')).toBeNull();
    expect(text.match(/<D:response>/g)).toHaveLength(100_001);
    expect(text).toContain('<D:getcontentlength>99999</D:getcontentlength>');
    expect(text.endsWith('</D:multistatus>\n')).toBe(true);
  });

  it('stops listing when the client stops reading, and ends when it leaves', async () => {
    const { port, seen } = await serveHuge(1_000_000);
    const socket = dial(port);
    socket.pause();
    socket.write('PROPFIND /big/ HTTP/1.1\r\nHost: localhost\r\nDepth: 1\r\n\r\n');
    let before = -1;
    await until('listing rests', () => {
      const resting = seen.listed > 0 && seen.listed === before;
      before = seen.listed;
      return resting;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(seen.listed).toBeLessThan(100_000);
    socket.destroy();
    await until('the listing ended', () => seen.returned);
  });

  it('leaves other requests their turn', async () => {
    const { url } = await serveHuge(200_000);
    const listing = ask(`${url}big/`);
    const startMs = performance.now();
    await (await fetch(`${url}big/a`)).text();
    expect(performance.now() - startMs).toBeLessThan(1_500);
    await listing;
  });
});
