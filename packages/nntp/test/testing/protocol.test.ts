import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeYencPart, type NewsServer, type PostedFile, startNewsServer } from '../../src/testing.js';
import { decodeBody } from './decode.js';
import { rawClient } from './raw-client.js';

let server: NewsServer;
let file: PostedFile;
let ids: string[];

beforeEach(async () => {
  server = await startNewsServer();
  file = await server.post({ name: 'file.bin', bytes: randomBytes(2500), partBytes: 1000, groups: ['alt.a', 'alt.b'] });
  ids = file.segments.map(({ id }) => id);
});
afterEach(() => server.close());

describe('commands', () => {
  it('greets and tells what it can', async () => {
    const client = await rawClient(server, { greeted: false });
    expect(await client.line()).toBe('200 newsreel.test ready (posting ok)');
    expect(await client.ask('CAPABILITIES')).toMatch(/^101/);
    const lines = (await client.block()).toString().trim().split('\r\n');
    expect(lines).toEqual(expect.arrayContaining(['VERSION 2', 'READER', 'POST', 'AUTHINFO USER']));
    expect(lines).not.toContain('STARTTLS');
    expect(await client.ask('mode reader')).toMatch(/^200/);
    expect(await client.ask('DATE')).toMatch(/^111 2\d{13}$/);
    expect(await client.ask('HELP')).toMatch(/^100/);
    expect((await client.block()).toString()).toContain('BODY');
    expect(await client.ask('QUIT')).toMatch(/^205/);
    await client.end();
  });

  it('answers by message-id', async () => {
    const client = await rawClient(server);
    expect(await client.ask(`STAT <${ids[0]}>`)).toBe(`223 0 <${ids[0]}>`);
    expect(await client.ask(`HEAD <${ids[1]}>`)).toBe(`221 0 <${ids[1]}>`);
    const head = (await client.block()).toString();
    expect(head).toContain(`Message-ID: <${ids[1]}>\r\n`);
    expect(head).toContain('Subject: [1/1] - "file.bin" yEnc (2/3)\r\n');
    expect(head).toContain('Newsgroups: alt.a,alt.b\r\n');
    expect(await client.ask(`ARTICLE <${ids[2]}>`)).toBe(`220 0 <${ids[2]}>`);
    const [headers, body] = (await client.block()).toString('latin1').split('\r\n\r\n');
    expect(headers).toContain(`Message-ID: <${ids[2]}>`);
    expect(decodeBody(Buffer.from(body!, 'latin1')).bytes.equals(file.read({ start: 2000, end: 2500 }))).toBe(true);
    for (const verb of ['STAT', 'HEAD', 'BODY', 'ARTICLE']) {
      expect(await client.ask(`${verb} <nobody@has.this>`)).toMatch(/^430/);
    }
  });

  it('answers by number', async () => {
    const client = await rawClient(server);
    expect(await client.ask('STAT 1')).toMatch(/^412/);
    expect(await client.ask('GROUP alt.nothing')).toMatch(/^411/);
    expect(await client.ask('GROUP alt.b')).toBe('211 3 1 3 alt.b');
    expect(await client.ask('STAT')).toBe(`223 1 <${ids[0]}>`);
    expect(await client.ask('STAT 3')).toBe(`223 3 <${ids[2]}>`);
    expect(await client.ask('STAT')).toBe(`223 3 <${ids[2]}>`);
    expect(await client.ask('BODY 4')).toMatch(/^423/);
    expect(await client.ask('LIST')).toMatch(/^215/);
    expect((await client.block()).toString()).toBe('alt.a 3 1 y\r\nalt.b 3 1 y\r\n');
  });

  it('refuses what it does not understand', async () => {
    const client = await rawClient(server);
    expect(await client.ask('XFEATURE COMPRESS GZIP')).toMatch(/^500/);
    expect(await client.ask('')).toMatch(/^500/);
    expect(await client.ask('BODY <a b>')).toMatch(/^501/);
    expect(await client.ask(`BODY <${'x'.repeat(249)}>`)).toMatch(/^501/);
    expect(await client.ask('BODY abc')).toMatch(/^501/);
    expect(await client.ask('GROUP')).toMatch(/^501/);
    expect(await client.ask('MODE STREAM')).toMatch(/^501/);
    expect(await client.ask('STARTTLS')).toMatch(/^500/);
    expect(await client.ask(`STAT <${'x'.repeat(9000)}>`)).toMatch(/^501/);
  });

  it('answers commands in order however they are cut', async () => {
    const client = await rawClient(server);
    const text = ids.map((id) => `STAT <${id}>\r\n`).join('');
    for (const char of text) {
      client.send(char);
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (const id of ids) expect(await client.line()).toBe(`223 0 <${id}>`);
    client.send(text.repeat(200));
    for (let round = 0; round < 200; round++) for (const id of ids) expect(await client.line()).toContain(id);
    client.send(ids.map((id) => `BODY <${id}>\r\n`).join(''));
    for (const { id, range } of file.segments) {
      expect(await client.line()).toBe(`222 0 <${id}>`);
      expect(decodeBody(await client.block()).bytes.equals(file.read(range))).toBe(true);
    }
  });

  it('answers what was asked before a client ended its side', async () => {
    const client = await rawClient(server);
    client.socket.end('DATE\r\nQUIT\r\n');
    expect(await client.line()).toMatch(/^111/);
    expect(await client.line()).toMatch(/^205/);
    await client.end();
  });
});

describe('posting over the wire', () => {
  it('hosts what was posted, byte by byte', async () => {
    const bytes = randomBytes(5000);
    const article = Buffer.concat([
      Buffer.from('From: a\r\nNewsgroups: alt.new\r\nSubject: s\r\nMessage-ID: <mine@x>\r\n\r\n'),
      encodeYencPart({ name: 'posted', bytes }).bytes,
      Buffer.from('.\r\nDATE\r\n'),
    ]);
    for (const step of [1, 7, article.length]) {
      const client = await rawClient(server);
      expect(await client.ask('POST')).toMatch(/^340/);
      for (let at = 0; at < article.length; at += step) client.send(article.subarray(at, at + step));
      expect(await client.line()).toMatch(/^240/);
      expect(await client.line()).toMatch(/^111/);
      expect(decodeBody(await client.body('mine@x')).bytes.equals(bytes)).toBe(true);
      expect(await client.ask('GROUP alt.new')).toMatch(/^211/);
      server.remove('mine@x');
      client.close();
    }
  });

  it('refuses duplicates and articles without a group', async () => {
    const client = await rawClient(server);
    for (const head of [`Newsgroups: alt.a\r\nMessage-ID: <${ids[0]}>`, 'Subject: nothing else']) {
      expect(await client.ask('POST')).toMatch(/^340/);
      expect(await client.ask(`${head}\r\n\r\ntext\r\n.`)).toMatch(/^441/);
    }
    expect(await client.ask('POST')).toMatch(/^340/);
    expect(await client.ask('Newsgroups: alt.a\r\n\r\ntext\r\n.')).toMatch(/^240 .*<.+@newsreel.test>$/);
  });

  it('can be forbidden', async () => {
    const readOnly = await startNewsServer({ posting: false });
    const client = await rawClient(readOnly);
    expect(await client.ask('MODE READER')).toMatch(/^201/);
    expect(await client.ask('POST')).toMatch(/^440/);
    await readOnly.close();
  });
});
