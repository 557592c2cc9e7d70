import { inflateRawSync } from 'node:zlib';
import type { ArchiveInput, ArchiveListing, ReadArchiveOptions } from '../../src/archive/archive.js';
import type { ByteRecipe } from '../../src/archive/byte-recipe.js';
import { RangeInvalidError } from '../../src/errors/index.js';

/** An archive in memory that notes which of its bytes were read. */
export interface MemoryInput extends ArchiveInput {
  readonly bytes: Uint8Array;
  readonly reads: { readonly start: number; readonly end: number }[];
}

/** Bytes as an archive to read. @param lost begin of a range that cannot be had */
export function memoryInput(
  bytes: Uint8Array,
  name = 'archive',
  fail?: (start: number, end: number) => void,
): MemoryInput {
  const reads: { start: number; end: number }[] = [];
  return {
    name,
    size: bytes.length,
    bytes,
    reads,
    async read(start, length, { signal } = {}) {
      if (signal?.aborted) throw signal.reason;
      const isValid = Number.isSafeInteger(start) && Number.isSafeInteger(length) && length >= 0;
      if (!isValid || start < 0 || start > bytes.length)
        throw new RangeInvalidError({ range: { start, end: start + length }, size: bytes.length });
      const end = Math.min(start + length, bytes.length);
      reads.push({ start, end });
      fail?.(start, end);
      return bytes.slice(start, end);
    },
  };
}

/** Options for formats that never ask for a key. */
export const noKeys: ReadArchiveOptions = {
  keys: { rar4: () => refuse(), rar5: () => refuse(), sevenZip: () => refuse() },
};

function refuse(): never {
  throw new Error('nothing is encrypted here');
}

/** What a recipe gives. */
export function bytesOf(recipe: ByteRecipe, ...volumes: readonly Uint8Array[]): Buffer {
  switch (recipe.from) {
    case 'volume': {
      const volume = volumes[recipe.volume]!;
      if (recipe.start < 0 || recipe.start > recipe.end || recipe.end > volume.length)
        throw new Error(`[${recipe.start}, ${recipe.end}) is not inside ${volume.length}`);
      return Buffer.from(volume.subarray(recipe.start, recipe.end));
    }
    case 'join':
      return Buffer.concat(recipe.parts.map((part) => bytesOf(part, ...volumes)));
    case 'slice':
      return bytesOf(recipe.of, ...volumes).subarray(recipe.start, recipe.end);
    case 'codec':
      return inflateRawSync(bytesOf(recipe.of, ...volumes));
    case 'aes-cbc':
      throw new Error('nothing is encrypted here');
  }
}

/** The contents of a listing by path, as text; a refusal as its reason. */
export function contentsOf(listing: ArchiveListing, volume: Uint8Array): Record<string, string> {
  return Object.fromEntries(
    listing.members.map(({ path, kind, content, refusal, size }) => {
      if (refusal !== undefined) return [path, `${(refusal as { reason?: string }).reason}: ${refusal.message}`];
      if (content === undefined) return [path, kind];
      const bytes = bytesOf(content, volume);
      return [path, bytes.length === size ? bytes.toString('latin1') : `${bytes.length} bytes instead of ${size}`];
    }),
  );
}
