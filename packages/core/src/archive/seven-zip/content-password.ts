import { crc32 } from 'node:zlib';
import { PasswordError } from '../../errors/index.js';
import type { ArchiveInput, ReadArchiveOptions } from '../archive.js';
import { type ByteRecipe, type CipherRecipe, cut, recipeSize } from '../byte-recipe.js';
import type { ArchiveWindow } from './archive-window.js';
import { noneIfDamaged } from './end-header.js';
import { folderRecipe, type PackedStream } from './folder-recipe.js';
import type { Folder } from './folders.js';
import { encryptionOf, noKeys, type PasswordKeys, passwordKeys } from './keys.js';
import { cipherEnds, recipeBytes } from './recipe-pieces.js';
import type { SubStream } from './streams-info.js';

/** Members up to this size are read to see whether a password is right. */
const mostProofBytes = 256 * 1024;

/** A folder with what is needed to read it. */
export interface PlacedFolder {
  readonly folder: Folder;
  readonly packed: readonly PackedStream[];
  readonly subStreams: readonly SubStream[];
}

/** The password of encrypted members. */
export interface ContentPassword {
  readonly keys: PasswordKeys;
  /** Whether a checksum has shown that it is right. */
  readonly isProved: boolean;
}

/**
 * Finds the password of encrypted members. The format has no check value: a small member that comes first in its folder is
 * read and its checksum compared; where there is none, what compressed data begins with and the filling of the last block
 * tell most of the wrong ones.
 * @throws PasswordError when there is none, or none is right
 */
export async function contentPassword(
  { name }: ArchiveInput,
  folders: readonly PlacedFolder[],
  window: ArchiveWindow,
  options: ReadArchiveOptions,
): Promise<ContentPassword> {
  const { passwords = [] } = options;
  const what = `the content of ${name}`;
  if (passwords.length === 0) throw new PasswordError({ reason: 'required', what });
  const encrypted = folders.filter((placed) => encryptionOf(placed.folder).length > 0 && isReadable(placed, window));
  const proof = smallestProof(encrypted);
  const [sample] = encrypted;
  for (const password of passwords) {
    const keys = passwordKeys(password, options);
    if (proof && (await isRight(proof, keys, window, options))) return { keys, isProved: true };
    if (!proof && (sample === undefined || (await isLikely(sample, keys, window)))) return { keys, isProved: false };
  }
  throw new PasswordError({ reason: 'wrong', what });
}

function isReadable({ folder, packed }: PlacedFolder, window: ArchiveWindow): boolean {
  try {
    folderRecipe(folder, packed, window.size, noKeys);
    return true;
  } catch {
    return false;
  }
}

function smallestProof(folders: readonly PlacedFolder[]): PlacedFolder | undefined {
  let smallest: PlacedFolder | undefined;
  let leastBytes = mostProofBytes;
  for (const placed of folders) {
    const [first] = placed.subStreams;
    if (first?.crc32 === undefined || first.size === 0 || first.size > leastBytes) continue;
    smallest = placed;
    leastBytes = first.size;
  }
  return smallest;
}

async function isRight(
  { folder, packed, subStreams }: PlacedFolder,
  keys: PasswordKeys,
  window: ArchiveWindow,
  options: ReadArchiveOptions,
): Promise<boolean> {
  const [first] = subStreams as readonly [SubStream];
  const recipe = folderRecipe(folder, packed, window.size, await keys.of(folder));
  const bytes = await recipeBytes(cut(recipe, 0, first.size), window, options).catch(noneIfDamaged);
  return bytes !== undefined && crc32(bytes) === first.crc32;
}

/** Whether decrypted bytes look as they must: 7-Zip and its kin fill the last block with zeros. */
async function isLikely({ folder, packed }: PlacedFolder, keys: PasswordKeys, window: ArchiveWindow): Promise<boolean> {
  const found = cipherIn(folderRecipe(folder, packed, window.size, await keys.of(folder)));
  const ends = found && (await cipherEnds(found.cipher, window));
  if (!found || !ends) return true;
  const filledFrom = found.size % 16;
  const isFilled = filledFrom === 0 || ends.last.subarray(filledFrom).every((byte) => byte === 0);
  return isFilled && isBeginning(found.method, ends.first);
}

/** The encrypted layer, how many bytes of it count, and what they are packed with. */
function cipherIn(recipe: ByteRecipe): { cipher: CipherRecipe; size: number; method: string } | undefined {
  let layer = recipe;
  let method = '';
  let size = recipeSize(recipe);
  for (;;) {
    if (layer.from === 'aes-cbc') return { cipher: layer, size, method };
    if (layer.from === 'codec') {
      method = layer.codec.method;
      size = recipeSize(layer.of);
    } else if (layer.from !== 'slice') return undefined;
    layer = layer.of;
  }
}

/** LZMA begins with a zero, LZMA2 with a chunk that resets the dictionary. */
function isBeginning(method: string, bytes: Uint8Array): boolean {
  const first = bytes[0] as number;
  if (method === 'lzma') return first === 0;
  if (method === 'lzma2') return first === 1 || first >= 0xe0;
  return true;
}
