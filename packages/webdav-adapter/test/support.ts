import { connect, type Socket } from 'node:net';
import type { Clock, LogFields, Logger } from '@newsreel/core';
import { systemClock } from '@newsreel/core/plugin';
import { adapterHost, type MemoryCatalog, memoryCatalog } from '@newsreel/core/testing';
import { afterEach } from 'vitest';
import type { WebdavAdapter, WebdavOptions } from '../src/index.js';
import { createWebdav } from '../src/webdav.js';

/** Modification date of everything in test catalogs. */
export const modifiedMs = Date.UTC(2024, 1, 29, 12, 34, 56);

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Runs when the test is over, newest first. */
export function afterTest(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

export interface Served {
  readonly adapter: WebdavAdapter;
  readonly catalog: MemoryCatalog;
  /** Without trailing slash. */
  readonly url: string;
  readonly port: number;
  readonly log: { readonly level: string; readonly fields: LogFields; readonly message: string }[];
}

/** A catalog served on a free port until the test is over. */
export async function serve(
  files: Readonly<Record<string, Uint8Array | string>>,
  options: WebdavOptions = {},
  more: { readonly clock?: Clock; readonly pieceBytes?: number; readonly modifiedMs?: number } = {},
): Promise<Served> {
  const catalog = memoryCatalog(files, { modifiedMs: more.modifiedMs ?? modifiedMs, pieceBytes: more.pieceBytes });
  const adapter = createWebdav({ port: 0, ...options }, more.clock ?? systemClock);
  const log: Served['log'] = [];
  const at = (level: string) => (fields: LogFields, message: string) => void log.push({ level, fields, message });
  const logger: Logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  await adapter.attach(adapterHost(catalog, { logger }));
  afterTest(() => adapter.close());
  const { url, port } = adapter.address!;
  return { adapter, catalog, url: url.replace(/\/$/, ''), port, log };
}

/** Bytes that differ everywhere: no two offsets look alike for long. */
export function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) bytes[index] = (index * 2654435761) >>> 24;
  return bytes;
}

/** What came back over a raw socket, read to its end. */
export interface RawAnswer {
  readonly head: string;
  readonly status: number;
  readonly body: Buffer;
}

/** A socket to the server, destroyed when the test is over. */
export function dial(port: number): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  afterTest(() => socket.destroy());
  return socket;
}

/** Sends exactly these characters and reads until the server closes. */
export async function raw(port: number, text: string | Uint8Array): Promise<RawAnswer> {
  const socket = dial(port);
  socket.write(text);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  const all = Buffer.concat(chunks);
  const end = all.indexOf('\r\n\r\n');
  const head = all.subarray(0, Math.max(end, 0)).toString('latin1');
  return { head, status: Number(head.split(' ')[1]), body: all.subarray(end + 4) };
}

/** Waits, without a fixed sleep, until something is so. */
export async function until(what: string, so: () => boolean, withinMs = 5_000): Promise<void> {
  const endMs = Date.now() + withinMs;
  while (!so()) {
    if (Date.now() > endMs) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** The properties of a multistatus by href: `{ '/a': { '200': {...}, '404': {...} } }`, namespaces as `{uri}local`. */
export { readMultistatus } from './multistatus-reader.js';
