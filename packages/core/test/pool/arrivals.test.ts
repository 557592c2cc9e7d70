import { describe, expect, it } from 'vitest';
import type { ArrivalSink } from '../../src/model/index.js';
import { file, nothing, pooled } from './pooled.js';
import { rejection, settled } from './support.js';

const id = file.ids[0] as string;

function notes(lead: (provider: string) => boolean = () => true) {
  const lines: string[] = [];
  let view: Uint8Array | undefined;
  const sink: ArrivalSink = {
    begin({ provider, bytes }) {
      lines.push(`begin ${provider}`);
      view = bytes;
      return lead(provider);
    },
    progress: (available) => void lines.push(`progress ${available}`),
    abandoned: (cause) => void lines.push(`abandoned ${(cause as Error).message} ${view?.[0] === file.bytes[0]}`),
  };
  return { lines, sink };
}

describe('bytes as they land', () => {
  it('are taken back when the connection drops, and come again from the next provider', async () => {
    const { pool, idle } = pooled([
      { name: 'a', drop: [id] },
      { name: 'b', priority: 1 },
    ]);
    const { lines, sink } = notes();
    (await pool.fetch(id, { sink })).release();
    expect(lines).toEqual([
      'begin a',
      'progress 25',
      'progress 50',
      'abandoned a dropped the connection true',
      'begin b',
      'progress 25',
      'progress 50',
      'progress 75',
      'progress 100',
    ]);
    expect(idle()).toEqual(nothing);
  });

  it('are not shown by an attempt told to stay silent', async () => {
    const { pool } = pooled([
      { name: 'a', corrupt: [id] },
      { name: 'b', priority: 1 },
    ]);
    const { lines, sink } = notes((provider) => provider === 'b');
    (await pool.fetch(id, { sink })).release();
    expect(lines.slice(0, 3)).toEqual(['begin a', 'begin b', 'progress 25']);
    expect(lines.at(-1)).toBe('progress 100');
  });

  it('are taken back while they are still intact when the whole copy is refused', async () => {
    const { pool, events, idle } = pooled([{ name: 'a' }, { name: 'b', priority: 1 }]);
    const { lines, sink } = notes();
    const article = await pool.fetch(id, {
      sink,
      accept: ({ provider }) => {
        if (provider === 'a') throw new RangeError('its place is wrong');
      },
    });
    expect(article.provider).toBe('b');
    article.release();
    expect(lines.filter((line) => !line.startsWith('progress'))).toEqual([
      'begin a',
      `abandoned Article <${id}> from a is corrupt: its place is wrong true`,
      'begin b',
    ]);
    expect(events.payloads('article:corrupt')).toMatchObject([{ provider: 'a', id }]);
    expect(pool.stats().providers.map(({ corrupt, state }) => [corrupt, state])).toEqual([
      [1, 'ready'],
      [0, 'ready'],
    ]);
    expect(idle()).toEqual(nothing);
  });

  it('are taken back on abort, and nothing is said afterwards', async () => {
    const { pool, clock, idle } = pooled([{ name: 'a', stepMs: 10 }]);
    const { lines, sink } = notes();
    const controller = new AbortController();
    const asked = pool.fetch(id, { sink, signal: controller.signal });
    await settled();
    clock.advance(10);
    await settled();
    controller.abort(new Error('enough'));
    expect((await rejection(asked)).message).toBe('enough');
    clock.advance(100);
    await settled();
    expect(lines).toEqual(['begin a', 'progress 25', 'abandoned enough true']);
    expect(idle()).toEqual(nothing);
  });

  it('rejects as corrupt when every copy is refused', async () => {
    const { pool, idle } = pooled([{ name: 'a' }, { name: 'b', missing: [id] }]);
    const accept = () => {
      throw new Error('never');
    };
    expect(await rejection(pool.fetch(id, { accept }))).toMatchObject({ code: 'ERR_ARTICLE_CORRUPT', reason: 'never' });
    expect(idle()).toEqual(nothing);
  });
});
