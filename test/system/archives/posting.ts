import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createEngine, type Engine, type FileHandle, NewsreelError, type Release } from '@newsreel/core';
import { nntp } from '@newsreel/nntp';
import { startNewsServer } from '@newsreel/nntp/testing';
import { seededRandom, sha256, sha256Of, slice } from '../support.js';

/** How files are posted. */
export interface Posting {
  readonly partBytes: number;
  readonly obfuscate: boolean;
}

/** A server and an engine that reads from it. */
export async function startPosting() {
  const server = await startNewsServer({});
  const engine = await createEngine({
    providers: [nntp({ host: server.host, port: server.port, tls: false, connections: 8 })],
  });
  const add = async (paths: readonly string[], { partBytes, obfuscate }: Posting, password: readonly string[] = []) => {
    const post = (path: string) => ({ name: basename(path), bytes: readFileSync(path), partBytes, obfuscate });
    const files = await Promise.all(paths.map((path) => server.post(post(path))));
    return engine.library.add(server.buildNzb(files), { password, name: 'posted' });
  };
  const close = async () => {
    await engine.close();
    await server.close();
  };
  return { engine, add, close };
}

/** Regular files below a folder, by their path in it. */
export function filesIn(root: string): string[] {
  return readdirSync(root, { withFileTypes: true }).flatMap((entry) => {
    const path = join(root, entry.name);
    if (entry.isDirectory()) return filesIn(path).map((inner) => join(entry.name, inner));
    return lstatSync(path).isFile() ? [entry.name] : [];
  });
}

/** The SHA-256 of every member that can be read, sorted; of what is shown beside its contents there is none. */
export async function memberHashes(engine: Engine, { members }: Release): Promise<string[]> {
  const hashes: string[] = [];
  for (const { path, refusal } of members) {
    if (refusal !== undefined) continue;
    const handle = await engine.library.open(path);
    hashes.push(await sha256Of(handle.stream()).finally(() => handle.close()));
  }
  return hashes.sort();
}

/** The SHA-256 of every file below a folder, sorted. */
export const diskHashes = (root: string): string[] =>
  filesIn(root)
    .map((path) => sha256(readFileSync(join(root, path))))
    .sort();

/** Where members are not as on disk: by chance, and around the ends of articles and volumes. */
export async function differences(engine: Engine, { members }: Release, root: string): Promise<string[]> {
  const onDisk = new Map(filesIn(root).map((path) => [sha256(readFileSync(join(root, path))), join(root, path)]));
  const wrong: string[] = [];
  for (const { path, size, refusal } of members) {
    if (refusal !== undefined || size === 0) continue;
    const handle = await engine.library.open(path);
    const twin = onDisk.get(await sha256Of(handle.stream()));
    const borders = (await segmentsOf(engine, path)).slice(0, 40);
    const below = seededRandom(size);
    for (const place of [0, size - 1, below(size), below(size), ...borders])
      if (twin === undefined || !(await isSame(handle, twin, place))) wrong.push(`${path} at ${place}`);
    await handle.close();
  }
  return wrong;
}

async function segmentsOf(engine: Engine, path: string): Promise<number[]> {
  return (await engine.library.segments(path)).map(({ range }) => range.end);
}

async function isSame(handle: FileHandle, twin: string, place: number): Promise<boolean> {
  const start = Math.max(0, place - 300);
  const end = Math.min(handle.size, place + 300);
  return Buffer.compare(await handle.read(start, end - start), slice(twin, start, end)) === 0;
}

/** Reads whatever there is to its end. @returns errors that are none of Newsreel's */
export async function strayErrors(engine: Engine, { members }: Release): Promise<unknown[]> {
  const stray: unknown[] = [];
  for (const { path, refusal } of members) {
    if (refusal !== undefined) continue;
    try {
      const handle = await engine.library.open(path);
      await sha256Of(handle.stream()).finally(() => handle.close());
    } catch (error) {
      if (!NewsreelError.isInstance(error)) stray.push(error);
    }
  }
  return stray;
}
