// @ts-check
// A process as an application would be: an engine over NNTP accounts that mounts its library, and does with both what it is
// told over its IPC channel. Programs read from the mount; the tests look on from outside.
import { createEngine } from '@newsreel/core';
import { fuse } from '@newsreel/fuse-adapter';
import { nntp } from '@newsreel/nntp';

/**
 * @typedef {object} ServerOptions
 * @property {readonly import('@newsreel/nntp').NntpOptions[]} accounts
 * @property {Omit<import('@newsreel/core').EngineOptions, 'providers'>} [engine]
 * @property {import('@newsreel/fuse-adapter').FuseOptions} mount
 */

const { accounts, engine: engineOptions, mount } = /** @type {ServerOptions} */ (JSON.parse(process.argv[2] ?? '{}'));

/** @type {(level: string) => (fields: import('@newsreel/core').LogFields, message: string) => void} */
const at = (level) => (fields, message) => console.error(level, message, fields['err'] ?? fields);
const logger = { debug() {}, info() {}, warn: at('warn'), error: at('error') };

const engine = await createEngine({ ...engineOptions, logger, providers: accounts.map((account) => nntp(account)) });
const { library } = engine;
const adapter = await engine.use(fuse(mount), { grant: mount.writable ? ['edits'] : [] });

/** What the tests may ask for. @type {Record<string, (...args: any[]) => unknown>} */
const deeds = {
  async add(nzb, options) {
    const { id, path, files } = await library.add(nzb, options);
    return { id, path, files };
  },
  remove: (id) => library.remove(id),
  move: (from, to) => library.move(from, to),
  removePath: (path) => library.removePath(path),
  makeFolder: (path) => library.makeFolder(path),
  async copy(from, targets) {
    for (const to of targets) await library.copy(from, to);
  },
  async list(path) {
    const names = [];
    for await (const { name } of library.list(path)) names.push(name);
    return names;
  },
  stats: () => ({ mount: adapter.stats(), engine: engine.snapshot() }),
  close: () => engine.close(),
};

process.on('message', async (/** @type {{ id: number, deed: string, args: unknown[] }} */ { id, deed, args }) => {
  try {
    process.send?.({ id, value: await deeds[deed]?.(...args) });
  } catch (error) {
    process.send?.({ id, error: String(/** @type {Error} */ (error).stack) });
  }
});
process.on('disconnect', () => void engine.close());
process.send?.({ id: 0 });
