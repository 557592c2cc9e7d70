import { createHash } from 'node:crypto';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import { humanDate, humanSize } from '../src/human.js';
import { serve } from './support.js';

const files = {
  '/Films/Film 10.mkv': 'x'.repeat(1_500),
  '/Films/Film 9.mkv': 'x',
  '/Films/notes.txt': 'n',
  '/Films/sub <b>&"\'/x.txt': 'x',
  '/Films/song.flac': 'x',
};
const page = async (url: string) => {
  const response = await fetch(url);
  return { response, html: await response.text() };
};
const attributes = (html: string, name: string) =>
  [...html.matchAll(new RegExp(` ${name}="([^"]*)"`, 'g'))].map((match) => match[1]!);

describe('the page about a folder', () => {
  it('lists folders first and names as people count', async () => {
    const { url } = await serve(files);
    const { response, html } = await page(`${url}/Films/`);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const names = [...html.matchAll(/<\/svg><span>(.*?)<\/span>/g)].map((match) => match[1]);
    expect(names).toEqual(['sub &lt;b&gt;&amp;&quot;&#39;', 'Film 9.mkv', 'Film 10.mkv', 'notes.txt', 'song.flac']);
    expect(html).toContain('1 folder · 4 files, 1.5 kB');
    expect(html).toContain('title="1,500 bytes">1.5 kB');
    expect(html).toContain('<time datetime="2024-02-29T12:34:56Z">2024-02-29 12:34</time>');
  });

  it('has links that all lead somewhere', async () => {
    const { url } = await serve(files, { basePath: '/dav' });
    for (const path of ['/Films/', "/Films/sub%20%3Cb%3E%26%22'/", '/', '/Films/song.flac?play']) {
      const { html } = await page(url + path);
      const links = attributes(html, 'href').filter((href) => !href.startsWith('#') && !href.startsWith('data:'));
      expect(links.length).toBeGreaterThan(0);
      for (const link of links) {
        const href = link.replaceAll('&#39;', "'").replaceAll('&amp;', '&');
        expect(href).toMatch(/^\/dav\//);
        const response = await fetch(new URL(href, url), { redirect: 'error' });
        expect([href, response.status]).toEqual([href, 200]);
        await response.arrayBuffer();
      }
    }
  });

  it('allows its own style and nothing else', async () => {
    const { url } = await serve(files);
    const { response, html } = await page(`${url}/Films/`);
    const policy = response.headers.get('content-security-policy')!;
    const style = /<style>([\s\S]*?)<\/style>/.exec(html)![1]!;
    expect(policy).toContain(`style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(html).not.toMatch(/<script|\son\w+=|\sstyle=/i);
    expect(
      [...attributes(html, 'href'), ...attributes(html, 'src')].filter((link) => /^(?:https?:)?\/\//.test(link)),
    ).toEqual([]);
    expect(style).not.toMatch(/url\(|@import/);
  });

  it('nests every element rightly', async () => {
    const { url } = await serve(files);
    for (const path of ['/Films/', '/Films/Film%209.mkv?play']) {
      const { html } = await page(url + path);
      const parser = new SaxesParser();
      parser.on('error', (error) => {
        throw error;
      });
      const xml = html.replace(/^<!doctype html>/, '').replace(/<(meta|link)([^>]*)>/g, '<$1$2/>');
      parser.write(xml.replace(/ (hidden|download|controls|autoplay|playsinline)(?=[ >])/g, ' $1=""')).close();
    }
  });

  it('says when there is nothing', async () => {
    const { url, catalog } = await serve({});
    await catalog.makeFolder('/empty');
    const { html } = await page(`${url}/empty/`);
    expect(html).toContain('This folder is empty.');
    expect(html).not.toContain('<table');
  });

  it('shows every entry of a folder too large to sort', async () => {
    const many = Object.fromEntries(Array.from({ length: 2_500 }, (_, index) => [`/many/${index}.bin`, 'x']));
    const { url } = await serve(many);
    const { html } = await page(`${url}/many/`);
    expect(html.match(/<tr class="plain">/g)).toHaveLength(2_500);
    expect(html).toContain('2,500 files, 2.5 kB');
    expect(html.endsWith('</html>\n')).toBe(true);
  });

  it('is reached with a slash', async () => {
    const { url } = await serve(files);
    const response = await fetch(`${url}/Films?x=1`, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([301, '/Films/?x=1']);
  });

  it('can be turned off', async () => {
    const { url } = await serve(files, { browse: false });
    const response = await fetch(`${url}/Films/`);
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'OPTIONS, GET, HEAD, PROPFIND']);
    expect(await (await fetch(`${url}/Films/Film%209.mkv?play`)).text()).toBe('x');
  });
});

describe('the player', () => {
  it('plays video and audio', async () => {
    const { url } = await serve(files);
    const video = await page(`${url}/Films/Film%209.mkv?play`);
    expect(video.html).toContain(
      '<video class="stage" controls autoplay playsinline preload="metadata" src="/Films/Film%209.mkv"',
    );
    expect(video.response.headers.get('content-security-policy')).toContain("media-src 'self'");
    expect((await page(`${url}/Films/song.flac?play`)).html).toContain('<audio controls');
  });

  it('is not for other files', async () => {
    const { url } = await serve(files);
    expect((await page(`${url}/Films/notes.txt?play`)).html).toBe('n');
  });
});

describe('numbers for people', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [9_949, '9.9 kB'],
    [9_950, '10 kB'],
    [999_499, '999 kB'],
    [999_500, '1.0 MB'],
    [1_400_000_000, '1.4 GB'],
    [52_345_678_901, '52 GB'],
    [8e15, '8.0 PB'],
    [9e18, '9000 PB'],
  ])('%d is %s', (size, text) => {
    expect(humanSize(size)).toBe(text);
  });

  it('has no date where there is none', () => {
    expect(humanDate(Number.NaN)).toBeUndefined();
  });
});
