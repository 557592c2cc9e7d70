import { type Engine, RunningEngine } from './engine.js';
import { type EngineOptions, parseEngineOptions } from './options.js';
import { wire } from './wire.js';

/**
 * Makes an engine: connects providers, cache, pool, library and health checks, and attaches the adapters in order. It
 * waits for the adapters alone; providers are dialled by the first read, or by {@link Engine.warm}. When an adapter
 * cannot be attached, everything that was opened is closed and its error is thrown.
 * @example
 * const engine = await createEngine({ providers: [nntp({ host, username, password })], adapters: [webdav({ port: 8080 })] });
 * await engine.library.add(await readFile('film.nzb'));
 * @throws ConfigInvalidError listing everything that is wrong with the options
 * @throws what an adapter throws while it attaches
 */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  const resolved = parseEngineOptions(options);
  const engine = new RunningEngine(await wire(resolved));
  try {
    for (const { adapter, grant } of resolved.adapters) await engine.use(adapter, { grant });
  } catch (error) {
    await engine.close();
    throw error;
  }
  return engine;
}
