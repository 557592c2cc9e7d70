import { createHash, randomBytes } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { has } from './peers/run.js';

/** SHA-256 as hexadecimal text. */
export function sha256(...pieces: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}

/** SHA-256 of everything a stream yields. */
export async function sha256Of(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of stream) hash.update(piece);
  return hash.digest('hex');
}

/** Some bytes of a file on disk. */
export function slice(path: string, start: number, end: number): Uint8Array {
  const file = openSync(path, 'r');
  try {
    const bytes = new Uint8Array(end - start);
    let filled = 0;
    while (filled < bytes.length) {
      const read = readSync(file, bytes, filled, bytes.length - filled, start + filled);
      if (read === 0) throw new Error(`${path} ends before ${end}`);
      filled += read;
    }
    return bytes;
  } finally {
    closeSync(file);
  }
}

/** Writes a file of random bytes. */
export function writeRandom(path: string, size: number): void {
  const file = openSync(path, 'w');
  try {
    for (let left = size; left > 0; left -= 1 << 24) writeSync(file, randomBytes(Math.min(left, 1 << 24)));
  } finally {
    closeSync(file);
  }
}

/** A folder that disappears when the tests are done. */
export function scratch(): { readonly path: (name: string) => string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'newsreel-system-'));
  return { path: (name) => join(folder, name), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Numbers that look random and are the same in every run. */
export function seededRandom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 13), 0x297a2d39);
    mixed = (mixed ^ (mixed >>> 16)) >>> 0;
    return Math.floor((mixed / 2 ** 32) * below);
  };
}

/** `describe` for tests that need programs: without them it fails in CI and says elsewhere what to install. */
export function describeWith(programs: readonly string[], name: string, body: () => void): void {
  const missing = programs.filter((program) => !has(program));
  if (missing.length === 0) describe(name, body);
  else if (process.env['CI'])
    describe(name, () => {
      throw new Error(`install ${missing.join(', ')}`);
    });
  else describe.skip(`${name} (skipped: install ${missing.join(', ')})`, body);
}
