import { describe, it } from 'vitest';
import { catalogSuite, healthSuite, memoryFile, nzbText } from '../../src/testing.js';
import { engineOver } from './fixtures.js';

catalogSuite({
  describe,
  it,
  async create(wanted) {
    const partBytes = 30_000;
    const articles = new Map();
    const nzbs: { folder: string; nzb: string }[] = [];
    for (const [index, [path, bytes]] of Object.entries(wanted).entries()) {
      const name = path.slice(path.lastIndexOf('/') + 1);
      const file = memoryFile({ name, size: bytes.length, partBytes, seed: index + 1 });
      for (const [id, { part }] of file.articles) {
        articles.set(id, { part, bytes: bytes.subarray(part!.range.start, part!.range.end) });
      }
      nzbs.push({ folder: path.slice(0, path.lastIndexOf('/')), nzb: nzbText([file.nzbFile]) });
    }
    const { engine } = await engineOver([{ articles }]);
    for (const { folder, nzb } of nzbs) {
      // Each file comes in a release of its own, and is moved to where the suite expects it.
      const added = await engine.library.add(nzb, { name: 'incoming' });
      const names: string[] = [];
      for (const part of folder.split('/').slice(1)) {
        names.push(part);
        await engine.library.makeFolder(`/${names.join('/')}`).catch(() => {});
      }
      const from = added.files[0]!.path;
      await engine.library.move(from, `${folder}${from.slice(from.lastIndexOf('/'))}`);
      await engine.library.removePath(added.path);
    }
    return { catalog: engine.library, edits: engine.library, close: () => engine.close() };
  },
});

healthSuite({
  describe,
  it,
  async create({ segmentCount, missing, missingOnFirst, secondSilent }) {
    const file = memoryFile({ name: 'a.bin', size: segmentCount * 100, partBytes: 100 });
    const idsAt = (places: readonly number[]) => places.map((place) => file.ids[place] as string);
    const gone = new Set(idsAt(missing));
    const { engine } = await engineOver([
      { name: 'one', articles: file.articles, missing: [...gone, ...idsAt(missingOnFirst)] },
      {
        name: 'two',
        articles: file.articles,
        fault: (id) => (secondSilent ? 'unavailable' : gone.has(id) ? 'missing' : undefined),
      },
    ]);
    const { id } = await engine.library.add(file.nzb, { resolve: 'none' });
    return { health: engine.health, releaseId: id, close: () => engine.close() };
  },
});
