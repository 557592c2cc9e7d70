import { closeSync, constants, openSync, readSync } from 'node:fs';
import { median } from '../statistics.mjs';

const pageBytes = 4096;

/** Reads single pages anywhere in a file, past the page cache. */
export default async function random({ path, fileBytes, reads }) {
  const file = openSync(path, constants.O_RDONLY | constants.O_DIRECT);
  const page = Buffer.alloc(pageBytes);
  const pages = fileBytes / pageBytes;
  const took = new Float64Array(reads);
  let state = 1;
  const startedMs = performance.now();
  for (let read = 0, before = startedMs; read < reads; read++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    readSync(file, page, 0, pageBytes, ((state >>> 4) % pages) * pageBytes);
    const now = performance.now();
    took[read] = now - before;
    before = now;
  }
  const seconds = (performance.now() - startedMs) / 1000;
  closeSync(file);
  return { iops: reads / seconds, p50: median(took) * 1000 };
}
