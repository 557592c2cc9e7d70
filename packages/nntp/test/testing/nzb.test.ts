import { parseNzb } from '@newsreel/core';
import { afterEach, expect, it } from 'vitest';
import { buildNzb, type NewsServer, startNewsServer } from '../../src/testing.js';

let server: NewsServer | undefined;
afterEach(() => server?.close());

it('lists files, groups and segments, with every value escaped', async () => {
  server = await startNewsServer();
  const first = await server.post({ name: `a "b" & <c>'.bin`, bytes: Buffer.alloc(25), partBytes: 10 });
  const second = await server.post({ name: 'd', bytes: Buffer.alloc(5), groups: ['alt.x', 'alt.y'] });
  const nzb = server.buildNzb({ files: [first, second], meta: { password: 'p<1', tag: ['x', 'y'] } });
  expect(nzb).toContain('<meta type="password">p&lt;1</meta>');
  expect(nzb.match(/<meta type="tag">/g)?.length).toBe(2);
  expect(nzb).toContain('subject="[1/1] - &quot;a &quot;b&quot; &amp; &lt;c&gt;&apos;.bin&quot; yEnc (1/3)"');
  expect(nzb).toContain(`<segment bytes="${first.segments[2]!.bytes}" number="3">post-1.3@newsreel.test</segment>`);
  expect(nzb.match(/<group>/g)?.length).toBe(3);
  expect(nzb).toContain('date="1767225600"');
  expect(buildNzb([first])).not.toContain('<head>');
});

it('is read back by the NZB parser of the core', async () => {
  server = await startNewsServer();
  const file = await server.post({ name: 'movie.mkv', bytes: { size: 3_000_000, seed: 1 } });
  const parsed = parseNzb(buildNzb({ files: [file], meta: { password: 'a&b' } }));
  expect(parsed.warnings).toEqual([]);
  expect(parsed.meta).toEqual({ password: ['a&b'] });
  const { subject, poster, postedMs, groups, encodedBytes } = file;
  expect(parsed.files).toMatchObject([{ nameHint: 'movie.mkv', subject, poster, postedMs, groups, encodedBytes }]);
  expect(parsed.files[0]?.segments).toEqual(file.segments.map(({ number, bytes, id }) => ({ number, bytes, id })));
});
