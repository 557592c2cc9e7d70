import type { Codec } from './codec/codec.js';

/**
 * How the bytes of a member come about, as plain data: what headers say, to be kept and to be turned into a source when
 * somebody reads. Recipes compose: an archive inside another reads recipes as its volumes.
 */
export type ByteRecipe = VolumeRecipe | JoinRecipe | SliceRecipe | CipherRecipe | CodecRecipe;

/** Bytes `[start, end)` of a volume. */
export interface VolumeRecipe {
  readonly from: 'volume';
  /** Which one, counted from 0. */
  readonly volume: number;
  readonly start: number;
  readonly end: number;
}

/** Pieces one after the other. */
export interface JoinRecipe {
  readonly from: 'join';
  readonly parts: readonly ByteRecipe[];
}

/** Bytes `[start, end)` of what another recipe gives. */
export interface SliceRecipe {
  readonly from: 'slice';
  readonly of: ByteRecipe;
  readonly start: number;
  readonly end: number;
}

/** What another recipe gives, decrypted with AES in cipher block chaining, without padding. */
export interface CipherRecipe {
  readonly from: 'aes-cbc';
  readonly of: ByteRecipe;
  /** 16, 24 or 32 bytes. */
  readonly key: Uint8Array;
  /** 16 bytes. */
  readonly iv: Uint8Array;
}

/** What another recipe gives, unpacked. */
export interface CodecRecipe {
  readonly from: 'codec';
  readonly of: ByteRecipe;
  readonly codec: Codec;
  /** Unpacked size in bytes. */
  readonly size: number;
}

/** Bytes of a volume. */
export const ofVolume = (volume: number, start: number, end: number): VolumeRecipe => ({
  from: 'volume',
  volume,
  start,
  end,
});

/** Pieces one after the other; nested joins are made flat. */
export function join(parts: readonly ByteRecipe[]): ByteRecipe {
  const flat = parts.flatMap((part) => (part.from === 'join' ? part.parts : [part]));
  return flat.length === 1 ? (flat[0] as ByteRecipe) : { from: 'join', parts: flat };
}

/** How many bytes a recipe gives. */
export function recipeSize(recipe: ByteRecipe): number {
  switch (recipe.from) {
    case 'volume':
    case 'slice':
      return recipe.end - recipe.start;
    case 'join':
      return recipe.parts.reduce((sum, part) => sum + recipeSize(part), 0);
    case 'aes-cbc':
      return recipeSize(recipe.of);
    case 'codec':
      return recipe.size;
  }
}

/**
 * Part of what a recipe gives, with as few layers as possible: slices of volumes and joins are cut through, so that
 * archives in archives end up as ranges of the posted volumes.
 */
export function cut(recipe: ByteRecipe, start: number, end: number): ByteRecipe {
  if (start === 0 && end === recipeSize(recipe)) return recipe;
  switch (recipe.from) {
    case 'volume':
      return ofVolume(recipe.volume, recipe.start + start, recipe.start + end);
    case 'slice':
      return cut(recipe.of, recipe.start + start, recipe.start + end);
    case 'join':
      return cutJoin(recipe.parts, start, end);
    default:
      return { from: 'slice', of: recipe, start, end };
  }
}

function cutJoin(parts: readonly ByteRecipe[], start: number, end: number): ByteRecipe {
  const kept: ByteRecipe[] = [];
  let at = 0;
  for (const part of parts) {
    const size = recipeSize(part);
    const from = Math.max(0, start - at);
    const to = Math.min(size, end - at);
    if (from < to) kept.push(cut(part, from, to));
    at += size;
    if (at >= end) break;
  }
  return join(kept);
}

/**
 * A recipe whose volumes are given by recipes of their own: what is inside an archive that is inside another.
 * @param made what was made of which recipe: given again, members that share something still share it
 */
export function withVolumes(
  recipe: ByteRecipe,
  volumes: readonly ByteRecipe[],
  made: Map<ByteRecipe, ByteRecipe> = new Map(),
): ByteRecipe {
  const known = made.get(recipe);
  if (known !== undefined) return known;
  const placed = inVolumes(recipe, volumes, made);
  if (recipe.from === 'codec' || recipe.from === 'aes-cbc') made.set(recipe, placed);
  return placed;
}

function inVolumes(recipe: ByteRecipe, volumes: readonly ByteRecipe[], made: Map<ByteRecipe, ByteRecipe>): ByteRecipe {
  switch (recipe.from) {
    case 'volume':
      return cut(volumes[recipe.volume] as ByteRecipe, recipe.start, recipe.end);
    case 'join':
      return join(recipe.parts.map((part) => withVolumes(part, volumes, made)));
    case 'slice':
      return cut(withVolumes(recipe.of, volumes, made), recipe.start, recipe.end);
    default:
      return { ...recipe, of: withVolumes(recipe.of, volumes, made) };
  }
}

/** The volumes a recipe reads, ascending, each once. */
export function volumesOf(recipe: ByteRecipe): number[] {
  const found = new Set<number>();
  const waiting = [recipe];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next.from === 'volume') found.add(next.volume);
    else if (next.from === 'join') waiting.push(...next.parts);
    else waiting.push(next.of);
  }
  return [...found].sort((a, b) => a - b);
}
