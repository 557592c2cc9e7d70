import { describe, expect, it } from 'vitest';
import { largestFile, provisionalName, releaseName } from '../../src/engine/naming.js';
import type { Nzb, NzbFile } from '../../src/model/index.js';

const file = (nameHint: string, encodedBytes = 1) => ({ nameHint, encodedBytes }) as NzbFile;
const nzb = (files: readonly NzbFile[], meta: Nzb['meta'] = {}): Nzb => ({ files, meta, warnings: [] });

describe('releaseName', () => {
  it.each([
    ['told', 'My film', nzb([file('a.mkv')], { title: ['T'] }), 'My film'],
    ['told, made safe', '../../etc/passwd', nzb([]), 'passwd'],
    ['told, but unusable', '..', nzb([file('a.mkv')]), 'a'],
    ['the title', undefined, nzb([file('a.mkv')], { name: ['N'], title: ['T/x'] }), 'x'],
    ['the name', undefined, nzb([file('a.mkv')], { name: ['N'] }), 'N'],
    ['the largest file', undefined, nzb([file('small.nfo'), file('The.Film.2020.mkv', 9)]), 'The.Film.2020'],
    ['a volume', undefined, nzb([file('film.part01.rar')]), 'film'],
    ['a split file', undefined, nzb([file('film.7z.001')]), 'film'],
    ['recovery', undefined, nzb([file('film.vol000+01.par2')]), 'film'],
    ['old volumes', undefined, nzb([file('film.r00')]), 'film'],
    ['nothing', undefined, nzb([file('')]), 'release-id'],
  ])('is %s', (_, told, from, name) => {
    expect(releaseName(told, from, 'id')).toBe(name);
  });
});

describe('names of files', () => {
  it('finds the main file', () => {
    expect(largestFile([file('a', 1), file('b', 5), file('c', 5)])?.nameHint).toBe('b');
    expect(largestFile([])).toBeUndefined();
  });

  it('numbers files without a name so that they sort', () => {
    expect(provisionalName(0, 3)).toBe('file-01');
    expect(provisionalName(99, 1000)).toBe('file-0100');
  });
});
