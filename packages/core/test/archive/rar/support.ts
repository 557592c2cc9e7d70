import { createDecipheriv } from 'node:crypto';
import type { ArchiveInput, ReadArchiveOptions } from '../../../src/archive/archive.js';
import type { ByteRecipe } from '../../../src/archive/byte-recipe.js';
import { createKeyDerivation } from '../../../src/archive/crypto/create-key-derivation.js';
import { readRarVolume } from '../../../src/archive/rar/read-volume.js';
import type { RarVolume } from '../../../src/archive/rar/volume.js';
import { archiveFiles } from '../../../src/testing/release/archive/archive-files.js';
import type { ReleaseArchive } from '../../../src/testing/release/archive/options.js';
import { computedBytes } from '../../../src/testing/release/computed-bytes.js';
import { type Content, readRange, windowOf } from '../../../src/testing/release/content.js';

/** Nothing to open. */
export const options: ReadArchiveOptions = { keys: createKeyDerivation() };

/** A volume whose reads are written down. */
export interface WatchedInput extends ArchiveInput {
  readonly reads: { readonly start: number; readonly length: number }[];
}

/** What headers are read from. */
export function inputOf(content: Content | Uint8Array, name = 'x.rar'): WatchedInput {
  const reads: { start: number; length: number }[] = [];
  const size = content instanceof Uint8Array ? content.length : content.size;
  return {
    name,
    size,
    reads,
    async read(start, length, { signal } = {}) {
      signal?.throwIfAborted();
      if (!Number.isSafeInteger(start) || start < 0 || start > size) throw new Error(`read at ${start} of ${size}`);
      reads.push({ start, length });
      return bytesAt(content, start, Math.min(start + length, size));
    },
  };
}

function bytesAt(content: Content | Uint8Array, start: number, end: number): Uint8Array {
  if (content instanceof Uint8Array) return content.slice(start, end);
  return readRange(content, { start, end });
}

/** The bytes a recipe gives. */
export function bytesOf(recipe: ByteRecipe, volumes: readonly (Content | Uint8Array)[]): Buffer {
  switch (recipe.from) {
    case 'volume':
      return Buffer.from(bytesAt(volumes[recipe.volume] as Content, recipe.start, recipe.end));
    case 'join':
      return Buffer.concat(recipe.parts.map((part) => bytesOf(part, volumes)));
    case 'slice':
      return bytesOf(recipe.of, volumes).subarray(recipe.start, recipe.end);
    case 'aes-cbc': {
      const name = recipe.key.length === 16 ? 'aes-128-cbc' : 'aes-256-cbc';
      const cipher = createDecipheriv(name, recipe.key, recipe.iv).setAutoPadding(false);
      return Buffer.concat([cipher.update(bytesOf(recipe.of, volumes)), cipher.final()]);
    }
    case 'codec':
      throw new Error('nothing is unpacked here');
  }
}

/** A payload file. */
export interface TestFile {
  readonly name: string;
  readonly size: number;
}

/** An archive and what is in it. */
export interface TestArchive {
  readonly names: readonly string[];
  readonly volumes: readonly Content[];
  readonly files: readonly { readonly path: string; readonly bytes: Buffer }[];
}

/** Time of all test members. */
export const modifiedMs = Date.UTC(2024, 1, 29, 12, 34, 56);

const stream = computedBytes(7);

/** An archive as the release maker packs it. */
export function testArchive(archive: ReleaseArchive, files: readonly TestFile[], name = 'x', seed = 1): TestArchive {
  let at = seed * 1_000_003;
  const members = files.map(({ name, size }) => {
    const start = at;
    at += size;
    return { name, content: windowOf(stream, { start, end: at }) };
  });
  const volumes = archiveFiles({ name, members, modifiedMs, seed: `${seed}` }, archive);
  return {
    names: volumes.map((volume) => volume.name),
    volumes: volumes.map(({ content }) => content),
    files: members.map((member) => ({
      path: member.name,
      bytes: Buffer.from(bytesAt(member.content, 0, member.content.size)),
    })),
  };
}

/** Reads every volume of an archive. */
export function readAll(
  { names, volumes }: Pick<TestArchive, 'names' | 'volumes'>,
  how = options,
): Promise<RarVolume[]> {
  return Promise.all(volumes.map((volume, at) => readRarVolume(inputOf(volume, names[at]), how)));
}
