import { describe, expect, it } from 'vitest';
import { memoryFile, nzbText } from '../../src/testing.js';
import { engineOver } from './fixtures.js';

const file = memoryFile({ name: 'film.mkv', size: 250_000, partBytes: 40_000 });

describe('Library.segments', () => {
  it('tells the articles of a file without fetching or holding anything', async () => {
    const { engine, made } = await engineOver([{ articles: file.articles }]);
    await engine.library.add(file.nzb, { name: 'r' });
    const requests = made[0]!.calls.fetch.length;
    const segments = await engine.library.segments('/r/film.mkv');
    expect(segments.map((segment) => segment.messageId)).toEqual(file.ids);
    expect(segments.map(({ range }) => [range.start, range.end])).toEqual(
      file.ids.map((id) => [file.articles.get(id)!.part!.range.start, file.articles.get(id)!.part!.range.end]),
    );
    expect(made[0]!.calls.fetch).toHaveLength(requests);
    expect(engine.snapshot().readers).toEqual({ handles: 0, streams: 0 });
    await engine.close();
    await expect(engine.library.segments('/r/film.mkv')).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });

  it('tells what is confirmed, and learns it from reading', async () => {
    const { engine } = await engineOver([{ articles: file.articles }]);
    await engine.library.add(file.nzb, { name: 'r' });
    const exact = async () => (await engine.library.segments('/r/film.mkv')).map((segment) => segment.isExact);
    expect(await exact()).toContain(false);
    const handle = await engine.library.open('/r/film.mkv');
    await handle.read(0, 250_000);
    expect(await exact()).toEqual(file.ids.map(() => true));
    await handle.close();
  });

  it('leaves out the bytes of an article that the NZB lacks', async () => {
    const { nzbFile } = file;
    const segments = nzbFile.segments.filter((segment) => segment.number !== 3);
    const { engine } = await engineOver([{ articles: file.articles }]);
    await engine.library.add(nzbText([{ ...nzbFile, segments }]), { name: 'r' });
    const found = await engine.library.segments('/r/film.mkv');
    expect(found.map((segment) => segment.messageId)).toEqual(file.ids.filter((_, index) => index !== 2));
    expect(found[2]?.range).toEqual({ start: 120_000, end: 160_000 });
    await engine.close();
  });

  it('does not find out a size that is not known', async () => {
    const { engine, made } = await engineOver([{ articles: file.articles, missing: file.ids }]);
    await engine.library.add(file.nzb, { name: 'r', resolve: 'all' });
    const requests = made[0]!.calls.fetch.length;
    await expect(engine.library.segments('/r/film.mkv')).rejects.toMatchObject({ code: 'ERR_LAYOUT_UNKNOWN' });
    expect(made[0]!.calls.fetch).toHaveLength(requests);
    await engine.close();
  });
});
