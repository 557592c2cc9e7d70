// @ts-check
// A process that mounts catalogs and does what it is told over its IPC channel. The tests look on from outside: whatever
// goes wrong in here may hang, and is killed.
import { execFileSync } from 'node:child_process';
import { closeSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { adapterHost, memoryCatalog } from '@newsreel/core/testing';
import { fuse } from '@newsreel/fuse-adapter';

/**
 * @typedef {object} ServerOptions
 * @property {readonly string[]} mountpoints one adapter each
 * @property {Omit<import('@newsreel/fuse-adapter').FuseOptions, 'mountpoint'>} [options]
 * @property {Partial<Record<NodeJS.Signals, 'close' | 'ignore' | 'exit'>>} [on] what the app does about signals
 */

const { mountpoints, options, on = {} } = /** @type {ServerOptions} */ (JSON.parse(process.argv[2] ?? '{}'));
// Should whoever asked be gone without a word.
setTimeout(() => process.exit(99), 120_000).unref();

const film = new Uint8Array(4_000_000).map((_, index) => (index * 2654435761) >>> 24);
/** @type {() => void} */
let openGate = () => {};
/** @type {Promise<void>} */
const gate = new Promise((resolve) => {
  openGate = resolve;
});
const names = Array.from({ length: 20 }, (_, index) => `/many/${index}.bin`);
/** @type {string[]} */
const log = [];
/** @type {(level: string) => (fields: import('@newsreel/core').LogFields, message: string) => void} */
const at = (level) => (_fields, message) => void log.push(`${level}: ${message}`);
const logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };

const mounts = mountpoints.map((mountpoint) => {
  const files = Object.fromEntries(names.map((name) => [name, film.subarray(0, 100_000)]));
  const catalog = memoryCatalog({ '/film.mkv': film, '/stalled.mkv': film, ...files });
  catalog.fault('/stalled.mkv', { before: () => gate });
  return { catalog, adapter: fuse({ mountpoint, ...options }), mountpoint };
});

for (const [signal, what] of Object.entries(on)) {
  process.on(signal, () => {
    if (what === 'exit') process.exit(7);
    if (what === 'close') void closeAll().then(() => process.disconnect());
  });
}

const closeAll = () => Promise.all(mounts.map(({ adapter }) => adapter.close()));
const [first] = mounts;
const root = first?.mountpoint ?? '';

/** What the tests may ask for. @type {Record<string, (...args: any[]) => unknown>} */
const deeds = {
  async close() {
    await closeAll();
  },
  disconnect: () => void setImmediate(() => process.disconnect()),
  exit: (code) => void setImmediate(() => process.exit(code)),
  throw: () =>
    void setImmediate(() => {
      throw new Error('nobody catches this');
    }),
  openGate: () => openGate(),
  log: () => log,
  stats: () => first?.adapter.stats(),
  counts: () => mounts.map(({ catalog }) => [catalog.openHandles, catalog.openLeases]),
  /** Everything `readFileSync` and its kind do on our own mount, by the code it fails with. */
  sync() {
    /** @type {Record<string, () => unknown>} */
    const calls = {
      stat: () => statSync(`${root}/film.mkv`),
      read: () => readFileSync(`${root}/film.mkv`),
      list: () => readdirSync(root),
    };
    return Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, attempt(call)]));
  },
  /** A file opened by another thread, read and closed by this one. */
  async syncOnOpenFile() {
    const handle = await open(`${root}/film.mkv`);
    const target = new Uint8Array(10_000);
    const asynchronously = (await handle.read(target, 0, 10_000, 1_000_000)).bytesRead;
    const synchronously = attempt(() => readSync(handle.fd, target, 0, 10_000, 3_000_000));
    const closed = attempt(() => closeSync(handle.fd));
    return { asynchronously, synchronously, closed };
  },
  child: (program, ...args) =>
    attempt(() => execFileSync(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 20_000 })),
  /** More at once than the pool of node:fs has threads. */
  async manyOpens() {
    const sizes = await Promise.all(names.map(async (name) => (await readFile(root + name)).length));
    const dates = await Promise.all(names.map(async (name) => (await stat(root + name)).size));
    return [...new Set([...sizes, ...dates])];
  },
  /** Readers in this process that get nothing until the gate opens. */
  stall: (count) => {
    for (let index = 0; index < count; index++) readFile(`${root}/stalled.mkv`).catch(() => {});
  },
};

/** @param {() => unknown} call */
function attempt(call) {
  try {
    call();
    return 'done';
  } catch (error) {
    const { errno, stderr, message } = /** @type {any} */ (error);
    return errno ?? String(stderr ?? message).trim();
  }
}

process.on('message', async (/** @type {{ id: number, deed: string, args: unknown[] }} */ { id, deed, args }) => {
  try {
    process.send?.({ id, value: await deeds[deed]?.(...args) });
  } catch (error) {
    process.send?.({ id, error: String(/** @type {Error} */ (error).stack) });
  }
});

try {
  for (const { adapter, catalog } of mounts) await adapter.attach(adapterHost(catalog, { logger }));
  process.send?.({ id: 0, value: 'mounted' });
} catch (error) {
  const { code, reason, message, remedy } = /** @type {any} */ (error);
  process.send?.({ id: 0, value: { code, reason, message, remedy } }, () => process.disconnect());
}
