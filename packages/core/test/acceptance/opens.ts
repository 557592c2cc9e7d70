import { afterEach, expect, it } from 'vitest';
import type { Release as Added, Engine } from '../../src/index.js';
import { makeRelease, manualClock, type Release, type ReleaseMember } from '../../src/testing.js';
import { setStrictLeases } from '../../src/util/lease.js';
import { differences, engineOf, hashOf, places, tree, until } from './reading.js';
import type { OpeningShape } from './shapes.js';

setStrictLeases(true);

const latencyMs = 100;
/** Members of a release that are read. */
const mostRead = 25;

const open: Engine[] = [];
afterEach(async () => {
  for (const engine of open.splice(0)) await engine.close();
});

async function started(
  release: Release,
  ...more: Parameters<typeof engineOf> extends [unknown, ...infer R] ? R : never
) {
  const made = await engineOf(release, ...more);
  open.push(made.engine);
  return made;
}

/** Where the members of a release are, in their order. */
async function pathsOf(engine: Engine, added: Added, { members }: Release, shape: OpeningShape) {
  const { isRenamed = false, besides = 0 } = shape;
  await until(async () => (await tree(engine, added.path)).length >= members.length + besides);
  const found = await tree(engine, added.path);
  expect(found).toHaveLength(members.length + besides);
  if (!isRenamed) return members.map(({ storedPath }) => found.find((path) => path.endsWith(`/${storedPath}`)) ?? '');
  const sizes = await Promise.all(found.map(async (path) => (await engine.library.stat(path)).size));
  return members.map(({ size }) => found[sizes.indexOf(size)] ?? '');
}

/** How many round trips follow one another until a release is added. */
async function roundsOf(release: Release, shape: OpeningShape): Promise<number> {
  const clock = manualClock();
  const { engine, provider } = await started(release, {}, { clock, latencyMs });
  let isAdded = false;
  const adding = engine.library.add(release.nzb, shape.add).finally(() => {
    isAdded = true;
  });
  while (!isAdded) {
    const asked = provider.calls.fetch.length;
    for (let turn = 0; turn < 10 && !isAdded; turn++) await new Promise((resolve) => setImmediate(resolve));
    // Time goes on when nothing else does.
    if (!isAdded && provider.running.now > 0 && provider.calls.fetch.length === asked) clock.advance(latencyMs);
  }
  await adding;
  const rounds = clock.now() / latencyMs;
  const closing = engine.close();
  for (let turn = 0; turn < 20; turn++) {
    clock.advance(latencyMs);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await closing;
  return rounds;
}

/** Articles that may be fetched before a release is added. */
function mostArticles({ articles }: OpeningShape, { files, members }: Release): number {
  if (typeof articles === 'number') return articles;
  return (articles === 'each' ? 1 : 2) * files.length + members.length + 1;
}

/** Checks that releases open as their files: what is fetched for it, how often, and every byte of it. */
export function opens(shapes: readonly OpeningShape[]): void {
  const named = (some: readonly OpeningShape[]) => some.map((shape) => [shape.name, shape] as const);

  it.each(named(shapes))('%s', opensAsFiles, 60_000);

  it.each(named(shapes.filter(({ rounds }) => rounds !== undefined)))('%s: round trips', async (_name, shape) => {
    expect(await roundsOf(makeRelease(shape.release), shape)).toBeLessThanOrEqual(shape.rounds as number);
  });
}

async function opensAsFiles(_name: string, shape: OpeningShape): Promise<void> {
  const release = makeRelease(shape.release);
  const { engine, provider } = await started(release);
  let awaited = 0;
  engine.events.on('article:fetched', ({ lane }) => {
    if (lane !== 'background') awaited++;
  });
  const added = await engine.library.add(release.nzb, shape.add);
  expect(awaited).toBeLessThanOrEqual(mostArticles(shape, release));
  expect(added.warnings.filter((line) => !line.includes('could not be checked'))).toEqual([]);
  expect(added.refused).toEqual([]);
  const paths = await pathsOf(engine, added, release, shape);
  for (const [at, member] of release.members.entries()) {
    if (at >= mostRead) break;
    const path = paths[at] as string;
    if (at < (shape.readWhole ?? mostRead)) {
      expect(await hashOf(engine, path), path).toBe(member.sha256());
      expect(new Set(provider.calls.fetch).size, 'articles fetched twice').toBe(provider.calls.fetch.length);
    }
    expect((await engine.library.stat(path)).size).toBe(member.size);
    await opensAnywhere(engine, path, member);
  }
  await until(() => {
    const { usedBytes, cachedBytes } = engine.snapshot().memory;
    return usedBytes === cachedBytes || shape.keepsDecoders === true;
  });
  await engine.close();
  expect(provider.held).toBe(0);
  expect(provider.ledger.usedBytes).toBe(0);
}

async function opensAnywhere(engine: Engine, path: string, member: ReleaseMember): Promise<void> {
  const handle = await engine.library.open(path);
  const most = member.size > 2 ** 30 ? 4 : 24;
  expect(await differences(handle, member, await places(engine, path, member.size, most)), path).toEqual([]);
  await handle.close();
}
