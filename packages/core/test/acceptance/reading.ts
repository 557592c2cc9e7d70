import { createHash } from 'node:crypto';
import { createEngine, type Engine, type EngineOptions, type FileHandle } from '../../src/index.js';
import type { PluginContext } from '../../src/model/index.js';
import type { MemoryProvider, Release, ReleaseMember, ReleaseProviderOptions } from '../../src/testing.js';

/** An engine over everything a release has, and its provider. */
export async function engineOf(
  release: Pick<Release, 'provider'>,
  options: Partial<EngineOptions> = {},
  behaviour: ReleaseProviderOptions = {},
) {
  let provider: MemoryProvider | undefined;
  const factory = (context: PluginContext) => {
    provider = release.provider({ ...context, concurrency: 64, ...behaviour });
    return provider;
  };
  const engine = await createEngine({ ...options, providers: [factory] });
  return { engine, provider: provider as MemoryProvider };
}

/** Paths of all files below a folder. */
export async function tree(engine: Engine, path = '/'): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of engine.library.list(path))
    if (entry.kind === 'folder') found.push(...(await tree(engine, entry.path)));
    else found.push(entry.path);
  return found;
}

/** SHA-256 of a file, read from its start to its end. */
export async function hashOf(engine: Engine, path: string): Promise<string> {
  const handle = await engine.library.open(path);
  const hash = createHash('sha256');
  try {
    for await (const piece of handle.stream()) hash.update(piece);
  } finally {
    await handle.close();
  }
  return hash.digest('hex');
}

/** Numbers that look random and are the same in every run. */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Places worth reading: by chance, both ends, and where one article or volume ends and another begins. */
export async function places(engine: Engine, path: string, size: number, most = 24): Promise<number[]> {
  const segments = await engine.library.segments(path);
  const borders = segments.map(({ range }) => range.end);
  // Where a volume ends, articles are shorter than elsewhere.
  const lengths = segments.map(({ range }) => range.end - range.start);
  const longest = Math.max(...lengths);
  const ofVolumes = borders.filter((_end, at) => (lengths[at] as number) < longest);
  const below = seeded(size);
  const byChance = Array.from({ length: most / 2 }, () => below(size));
  const chosen = Array.from(
    { length: most / 2 },
    () => ofVolumes[below(ofVolumes.length)] ?? borders[below(borders.length)] ?? 0,
  );
  return [0, size - 1, ...byChance, ...chosen].map((at) => Math.min(size, Math.max(0, at)));
}

/** Where a range of a file is not as it should be. */
export async function differences(handle: FileHandle, member: ReleaseMember, at: readonly number[], length = 4001) {
  const wrong: number[] = [];
  for (const place of at) {
    const start = Math.max(0, place - Math.floor(length / 2));
    const end = Math.min(member.size, start + length);
    if (end <= start) continue;
    const bytes = await handle.read(start, end - start);
    if (Buffer.compare(bytes, member.read({ start, end })) !== 0) wrong.push(start);
  }
  return wrong;
}

/** Waits for something that follows in the background. */
export async function until(isSo: () => boolean | Promise<boolean>, timeoutMs = 15_000): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  for (let pauseMs = 1; !(await isSo()); pauseMs = Math.min(500, 2 * pauseMs)) {
    if (performance.now() > endMs) throw new Error(`not so after ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
