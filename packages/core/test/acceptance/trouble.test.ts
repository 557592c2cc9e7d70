import { afterEach, describe, expect, it } from 'vitest';
import { type Release as Added, type Engine, NewsreelError } from '../../src/index.js';
import { makeRelease, type Release, type ReleaseMember } from '../../src/testing.js';
import { setStrictLeases } from '../../src/util/lease.js';
import { differences, engineOf, hashOf, tree, until } from './reading.js';
import { type BrokenShape, broken, type RefusedShape, refused } from './shapes.js';

setStrictLeases(true);

const open: Engine[] = [];
afterEach(async () => {
  for (const engine of open.splice(0)) await engine.close();
});

async function added({ release: options, add }: RefusedShape | BrokenShape) {
  const release = makeRelease(options);
  const { engine, provider } = await engineOf(release);
  open.push(engine);
  return { release, engine, provider, added: await engine.library.add(release.nzb, add) };
}

/** What stays behind when everybody has let go. */
async function leavesNothing(engine: Engine, provider: Awaited<ReturnType<typeof added>>['provider']) {
  await engine.close();
  expect([provider.held, provider.ledger.usedBytes]).toEqual([0, 0]);
}

describe('what cannot be opened', () => {
  it.each(refused.map((shape) => [shape.name, shape] as const))('%s', async (_name, shape) => {
    const { release, engine, provider, added: result } = await added(shape);
    const reasons = [...result.refused, ...result.members.map(({ refusal }) => refusal)];
    expect(reasons.length).toBeGreaterThan(0);
    for (const reason of reasons) expect([reason?.code, reason?.reason]).toEqual(shape.refusal);
    for (const { message } of result.refused) expect(result.warnings.join('\n')).toContain(message);
    // Volumes can be had as they were posted.
    await until(async () => (await tree(engine)).length === release.files.length);
    const volume = release.files[0]!;
    expect(await hashOf(engine, `${result.path}/${volume.name}`)).toBe(volume.sha256());
    for (const { path } of result.members)
      await expect(engine.library.open(path)).rejects.toMatchObject({ code: 'ERR_FILE_NOT_FOUND' });
    await leavesNothing(engine, provider);
  });
});

describe('what is not whole', () => {
  it.each(broken.map((shape) => [shape.name, shape] as const))('%s', async (_name, shape) => {
    const { release, engine, provider, added: result } = await added(shape);
    const listed = new Set(await tree(engine, result.path));
    for (const path of shape.whole)
      expect(await hashOf(engine, `${result.path}/${path}`), path).toBe(memberOf(release, path).sha256());
    for (const [path, code] of Object.entries(shape.broken ?? {})) {
      expect(listed).toContain(`${result.path}/${path}`);
      const failures = await readInPieces(engine, `${result.path}/${path}`, memberOf(release, path), shape);
      expect(failures).toEqual([code]);
    }
    await givesNothingWrong(engine, result, release);
    const isTold = result.warnings.length > 0 || result.members.some(({ refusal }) => refusal !== undefined);
    if (Object.keys(shape.broken ?? {}).length === 0) expect(isTold).toBe(true);
    await leavesNothing(engine, provider);
  });

  it('leaves the rest of a release that is gone listed as soon as one article is there', async () => {
    const release = makeRelease({
      name: 'film',
      files: [{ name: 'film.mkv', size: 500_000 }],
      partBytes: 50_000,
      damage: [{ type: 'missing', segments: [1, 2, 3] }],
    });
    const { engine } = await engineOf(release);
    open.push(engine);
    const result = await engine.library.add(release.nzb);
    const handle = await engine.library.open(result.main as string);
    expect(await differences(handle, release.members[0]!, [200_000, 300_000, 499_000])).toEqual([]);
    await handle.close();
  });
});

const memberOf = ({ members }: Release, path: string) =>
  members.find((member) => member.path === path) as ReleaseMember;

/** Reads a file piece by piece: what is given is right, and the codes of the failures are answered, each once. */
async function readInPieces(engine: Engine, path: string, member: ReleaseMember, shape: BrokenShape) {
  const handle = await engine.library.open(path);
  const failures = new Map<number, string>();
  const step = 10_000;
  for (let start = 0; start < member.size; start += step) {
    try {
      const bytes = await handle.read(start, step);
      expect(Buffer.compare(bytes, member.read({ start, end: Math.min(member.size, start + step) }))).toBe(0);
    } catch (error) {
      if (!NewsreelError.isInstance(error)) throw error;
      failures.set(start, error.code);
    }
  }
  await handle.close();
  // No more fails than is missing, and the reads that reach into it.
  expect(failures.size * step).toBeLessThanOrEqual((shape.brokenBytes ?? 50_000) + 2 * step);
  return [...new Set(failures.values())];
}

/** Members that are listed give their bytes, or an error. */
async function givesNothingWrong(engine: Engine, { path }: Added, release: Release): Promise<void> {
  for (const member of release.members) {
    const handle = await engine.library.open(`${path}/${member.path}`).catch(() => undefined);
    if (handle === undefined) continue;
    expect(handle.size).toBe(member.size);
    let at = 0;
    try {
      for await (const piece of handle.stream()) {
        const expected = member.read({ start: at, end: at + piece.length });
        expect(Buffer.compare(piece, expected), `${member.path} at ${at}`).toBe(0);
        at += piece.length;
      }
      expect(at).toBe(member.size);
    } catch (error) {
      if (!NewsreelError.isInstance(error)) throw error;
    }
    await handle.close();
  }
}
