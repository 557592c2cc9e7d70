import type { FileSegment, HealthReport } from '@newsreel/core';
import { memoryCatalog } from '@newsreel/core/testing';
import { describe, expect, it } from 'vitest';
import { segmentText } from '../src/session/attributes/segment-text.js';
import { xattrSize } from './kernel-messages.js';
import { errnoIn, type Mount, mount } from './support.js';

const release = 'user.newsreel.release';
const etag = 'user.newsreel.etag';
const health = 'user.newsreel.health';
const segments = 'user.newsreel.segments';

/** A catalog of one release. */
function released() {
  const catalog = memoryCatalog({ '/film/film.mkv': 'film', '/film/film.nfo': 'nfo', '/own.txt': 'own' });
  const stat = catalog.stat.bind(catalog);
  catalog.stat = async (path, options) => {
    const entry = await stat(path, options);
    return path.startsWith('/film') ? { ...entry, releaseId: 'r1' } : entry;
  };
  return catalog;
}

function report(verdicts: Readonly<Record<string, 'healthy' | 'damaged' | 'unknown'>>, releaseId = 'r1'): HealthReport {
  const counts = { present: 0, missing: 0, unknown: 0, sampled: 0, segmentCount: 0 };
  const files = Object.entries(verdicts).map(([path, verdict]) => ({
    ...counts,
    path,
    verdict,
    missingFromNzb: 0,
    missingIds: [],
  }));
  return { ...counts, releaseId, checkedMs: 0, durationMs: 0, verdict: 'damaged', confidence: 1, files, providers: [] };
}

async function get({ kernel }: Mount, path: string, name: string, size = 65_536): Promise<string> {
  const value = await kernel.ask(await kernel.walk(path), { op: 'getxattr', name, size });
  return Buffer.from(value).toString();
}
async function list({ kernel }: Mount, path: string): Promise<string[]> {
  const names = await kernel.ask(await kernel.walk(path), { op: 'listxattr', size: 65_536 });
  return Buffer.from(names).toString().split('\0').slice(0, -1);
}

describe('attributes', () => {
  it('are those of the entry, for everybody alike', async () => {
    const modifiedMs = Date.UTC(2024, 1, 29, 12, 34, 56, 789);
    const catalog = memoryCatalog({ '/a/film.mkv': 'film' }, { modifiedMs });
    const { kernel } = await mount(catalog, { uid: 12, gid: 34 });
    const common = { links: 1, uid: 12, gid: 34 };
    expect(await kernel.stat('/a/film.mkv')).toMatchObject({ ...common, size: 4, modifiedMs, mode: 0o100444 });
    expect(await kernel.stat('/a')).toMatchObject({ ...common, mode: 0o040555 });
    expect(await kernel.stat('/')).toMatchObject({ ...common, inode: 1, mode: 0o040555 });
  });

  it.each([
    [0, 0o444, 0o555],
    [0o077, 0o400, 0o500],
    [0o777, 0, 0],
  ])('lose the permissions of umask %i', async (umask, file, folder) => {
    const { kernel } = await mount({ '/a': '' }, { umask });
    const modes = [(await kernel.stat('/a')).mode, (await kernel.stat('/')).mode];
    expect(modes.map((mode) => mode & 0o777)).toEqual([file, folder]);
  });

  it('are asked for once', async () => {
    const { adapter, kernel } = await mount({ '/a': '' });
    for (let round = 0; round < 3; round++) await kernel.fstat(1);
    expect(adapter.stats()!.requests['getattr']).toBe(1);
  });

  it('can be asked whether they allow something', async () => {
    const may = async ({ kernel }: Mount, path: string, mask: number) =>
      errnoIn(kernel.ask(await kernel.walk(path), { op: 'access', mask }));
    const [plain, writable] = [await mount({ '/a': '' }), await mount({ '/a': '' }, { writable: true })];
    expect([await may(plain, '/a', 4), await may(plain, '/a', 6), await may(plain, '/', 2)]).toEqual([
      'no error',
      30,
      30,
    ]);
    expect([await may(writable, '/', 7), await may(writable, '/a', 2)]).toEqual(['no error', 30]);
  });

  it('of the whole say how many files there are, and claim no room', async () => {
    const snapshot = () => ({ catalog: { releases: 2, files: 77, revision: 1 } });
    const { kernel } = await mount({}, {}, { host: { snapshot } });
    expect(await kernel.ask(1, { op: 'statfs' })).toMatchObject({ files: 77, blocks: 0, freeBlocks: 0, freeFiles: 0 });
  });
});

describe('extended attributes', () => {
  it('name the release and the version of the bytes', async () => {
    const mounted = await mount(released());
    expect(await get(mounted, '/film/film.mkv', release)).toBe('r1');
    expect(await get(mounted, '/film', release)).toBe('r1');
    expect(await get(mounted, '/own.txt', etag)).toBe((await mounted.catalog.stat('/own.txt')).etag);
    expect(await errnoIn(get(mounted, '/own.txt', release))).toBe(61);
  });

  it('tell what the last health check found, of that release only', async () => {
    const mounted = await mount(released());
    const { events } = mounted.catalog;
    expect(await errnoIn(get(mounted, '/film/film.mkv', health))).toBe(61);
    events.emit('health:checked', { report: report({ '/film/film.mkv': 'healthy', '/film/film.nfo': 'damaged' }) });
    expect(await get(mounted, '/film/film.mkv', health)).toBe('healthy');
    expect(await get(mounted, '/film/film.nfo', health)).toBe('damaged');
    expect(await get(mounted, '/film', health)).toBe('damaged');
    events.emit('health:checked', { report: report({ '/film/film.mkv': 'unknown' }) });
    expect(await get(mounted, '/film/film.mkv', health)).toBe('unknown');
    events.emit('health:checked', { report: report({ '/film/film.mkv': 'damaged' }, 'r2') });
    expect(await errnoIn(get(mounted, '/film/film.mkv', health))).toBe(61);
  });

  it('do not remember more checks than anybody could ask about', async () => {
    const mounted = await mount(released());
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`/x/${index}`, 'healthy' as const]));
    mounted.catalog.events.emit('health:checked', { report: report({ '/film/film.mkv': 'healthy' }) });
    mounted.catalog.events.emit('health:checked', { report: report(many, 'other') });
    expect(await errnoIn(get(mounted, '/film/film.mkv', health))).toBe(61);
  });

  it('list the segments of a file', async () => {
    const mounted = await mount(released());
    const [first] = await mounted.catalog.segments('/film/film.mkv');
    expect(await get(mounted, '/film/film.mkv', segments)).toContain(first!.messageId);
    expect(await errnoIn(get(mounted, '/film', segments))).toBe(61);
  });

  it('are listed when there are any', async () => {
    const mounted = await mount(released());
    expect(await list(mounted, '/film/film.mkv')).toEqual([release, etag, segments]);
    expect(await list(mounted, '/own.txt')).toEqual([etag, segments]);
    expect(await list(mounted, '/film')).toEqual([release, etag]);
  });

  it('say how long they are, and refuse too little room', async () => {
    const mounted = await mount(released());
    const { kernel } = mounted;
    const node = await kernel.walk('/film/film.mkv');
    expect(xattrSize(await kernel.ask(node, { op: 'getxattr', name: release, size: 0 }))).toBe(2);
    expect(xattrSize(await kernel.ask(node, { op: 'listxattr', size: 0 }))).toBe(
      [release, etag, segments].join('').length + 3,
    );
    expect(await get(mounted, '/film/film.mkv', release, 2)).toBe('r1');
    expect(await errnoIn(get(mounted, '/film/film.mkv', release, 1))).toBe(34);
    expect(await errnoIn(kernel.ask(node, { op: 'listxattr', size: 5 }))).toBe(34);
  });

  it.each([
    ['security.capability', 95],
    ['system.posix_acl_access', 95],
    ['user.comment', 61],
    ['user.newsreel', 61],
    ['constructor', 95],
    ['user.constructor', 61],
  ])('do not have %s, and the catalog is not asked', async (name, errno) => {
    const catalog = released();
    const mounted = await mount(catalog);
    const node = await mounted.kernel.walk('/film/film.mkv');
    catalog.stat = () => Promise.reject(new Error('was asked'));
    expect(await errnoIn(mounted.kernel.ask(node, { op: 'getxattr', name, size: 0 }))).toBe(errno);
  });
});

describe('the segments as text', () => {
  const segment = (index: number, isExact = true): FileSegment => ({
    messageId: `part${index}@news.example`,
    range: { start: index * 700_000, end: (index + 1) * 700_000 },
    isExact,
  });

  it('is a line for each, marked while it is a guess', () => {
    expect(segmentText([segment(0), segment(1, false)]).toString()).toBe(
      '0-700000 part0@news.example\n~700000-1400000 part1@news.example\n',
    );
    expect(segmentText([]).length).toBe(0);
  });

  it('ends at the end of a line where not all fit, and says how many are left out', () => {
    const lines = segmentText(Array.from({ length: 5_000 }, (_, index) => segment(index)))
      .toString()
      .split('\n');
    expect(lines.pop()).toBe('');
    const [, left] = /^\+(\d+) more$/.exec(lines.pop()!)!;
    expect(lines.length + Number(left)).toBe(5_000);
    expect(lines.at(-1)).toMatch(/^\d+-\d+ part\d+@news\.example$/);
  });

  it.each([65_535, 65_536, 65_537])('fills the room there is: %i bytes', (wanted) => {
    const whole = Array.from({ length: 1_000 }, (_, index) => segment(index));
    const used = segmentText(whole).length;
    const last = { messageId: 'x'.repeat(wanted - used - '0-1 \n'.length), range: { start: 0, end: 1 }, isExact: true };
    const text = segmentText([...whole, last]).toString();
    expect(text.length).toBeLessThanOrEqual(65_536);
    expect(text.endsWith(wanted > 65_536 ? '+1 more\n' : 'x\n')).toBe(true);
  });
});
