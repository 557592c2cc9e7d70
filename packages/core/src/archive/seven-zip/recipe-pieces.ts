import { createDecipheriv } from 'node:crypto';
import type { RequestOptions } from '../../model/common.js';
import { type ByteRecipe, type CipherRecipe, recipeSize, type SliceRecipe, type VolumeRecipe } from '../byte-recipe.js';
import { unpack } from '../codec/unpack.js';
import type { ArchiveWindow } from './archive-window.js';

const pieceBytes = 64 * 1024;
const blockBytes = 16;

/** The bytes of a recipe from its beginning, in memory: headers and small members only. */
export async function recipeBytes(
  recipe: ByteRecipe,
  window: ArchiveWindow,
  options: RequestOptions,
): Promise<Uint8Array> {
  if (recipe.from === 'codec')
    return unpack(recipe.codec, recipePieces(recipe.of, window, options), recipe.size, options);
  if (recipe.from === 'slice' && recipe.of.from === 'codec')
    return (await recipeBytes({ ...recipe.of, size: recipe.end }, window, options)).subarray(recipe.start);
  const pieces: Uint8Array[] = [];
  for await (const piece of recipePieces(recipe, window, options)) pieces.push(piece);
  return new Uint8Array(Buffer.concat(pieces));
}

/** The same in pieces, read no further than they are asked for. */
function recipePieces(recipe: ByteRecipe, window: ArchiveWindow, options: RequestOptions): AsyncIterable<Uint8Array> {
  switch (recipe.from) {
    case 'volume':
      return volumePieces(recipe, window);
    case 'slice':
      return slicePieces(recipe, window, options);
    case 'aes-cbc':
      return decryptedPieces(recipe, window, options);
    case 'codec':
      return once(recipeBytes(recipe, window, options));
    case 'join':
      return joinedPieces(recipe.parts, window, options);
  }
}

async function* once(bytes: Promise<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield await bytes;
}

async function* joinedPieces(parts: readonly ByteRecipe[], window: ArchiveWindow, options: RequestOptions) {
  for (const part of parts) yield* recipePieces(part, window, options);
}

async function* volumePieces({ start, end }: VolumeRecipe, window: ArchiveWindow): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end; at += pieceBytes) yield await window.read(at, Math.min(at + pieceBytes, end));
}

async function* slicePieces({ of, start, end }: SliceRecipe, window: ArchiveWindow, options: RequestOptions) {
  let at = 0;
  for await (const piece of recipePieces(of, window, options)) {
    const kept = piece.subarray(Math.max(0, start - at), Math.max(0, end - at));
    at += piece.length;
    if (kept.length > 0) yield kept;
    if (at >= end) return;
  }
}

async function* decryptedPieces({ of, key, iv }: CipherRecipe, window: ArchiveWindow, options: RequestOptions) {
  const cipher = createDecipheriv(key.length === 16 ? 'aes-128-cbc' : 'aes-256-cbc', key, iv).setAutoPadding(false);
  for await (const piece of recipePieces(of, window, options)) yield cipher.update(piece);
}

/** What an encrypted recipe holds in its first and last block, from as few bytes as that takes. */
export async function cipherEnds(
  cipher: CipherRecipe,
  window: ArchiveWindow,
): Promise<{ readonly first: Uint8Array; readonly last: Uint8Array } | undefined> {
  const { of, key, iv } = cipher;
  const size = recipeSize(cipher);
  if (of.from !== 'volume' || size < 2 * blockBytes) return undefined;
  const head = await window.read(of.start, of.start + blockBytes);
  const tail = await window.read(of.end - 2 * blockBytes, of.end);
  return {
    first: decrypted(head, key, iv),
    last: decrypted(tail.subarray(blockBytes), key, tail.subarray(0, blockBytes)),
  };
}

const decrypted = (block: Uint8Array, key: Uint8Array, iv: Uint8Array) =>
  createDecipheriv('aes-256-cbc', key, iv).setAutoPadding(false).update(block);
