import { createCipheriv, createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { ArchiveInput, ReadArchiveOptions } from '../../../src/archive/archive.js';
import type { ByteRecipe } from '../../../src/archive/byte-recipe.js';
import type { KeyDerivation } from '../../../src/archive/crypto/key-derivation.js';
import { packed } from '../../../src/testing/release/archive/byte-writer.js';
import { variable } from '../../../src/testing/release/archive/seven-zip/property.js';

/** Coders by their ids. */
export const coder = {
  copy: { method: '00', properties: Buffer.alloc(0) },
  bcj: { method: '03030103', properties: Buffer.alloc(0) },
  ppmd: { method: '030401', properties: Buffer.from('0600000001', 'hex') },
  deflate: { method: '040108', properties: Buffer.alloc(0) },
  lzma2: { method: '21', properties: Buffer.of(24) },
  /** Without salt, with an initialisation vector of 16 bytes and 2^`rounds` rounds. */
  aes: (iv: Uint8Array, rounds = 4) => ({
    method: '06f10701',
    properties: Buffer.concat([Buffer.of(0x40 | rounds, 0x0f), iv]),
  }),
} as const;

export interface MadeCoder {
  readonly method: string;
  readonly properties: Uint8Array;
}

/** A folder: its coders in the order of unpacking from the last to the first, as 7-Zip lists them. */
export interface MadeFolder {
  readonly coders: readonly MadeCoder[];
  /** Unpacked size of each coder. */
  readonly sizes: readonly number[];
  readonly packed: Uint8Array;
  /** Sizes and checksums of the files in it. */
  readonly files: readonly { readonly size: number; readonly crc32?: number }[];
}

/** A file of the header. */
export interface MadeFile {
  readonly name: string;
  readonly kind?: 'stream' | 'folder' | 'empty' | 'anti';
  readonly modifiedMs?: number;
  readonly attributes?: number;
}

const bits = (flags: readonly boolean[]) => {
  const bytes = new Uint8Array(Math.ceil(flags.length / 8));
  for (const [at, flag] of flags.entries()) if (flag) bytes[at >> 3] = bytes[at >> 3]! | (0x80 >> (at & 7));
  return bytes;
};
const property = (id: number, ...values: readonly Uint8Array[]) => {
  const body = packed(...values);
  return packed(Uint8Array.of(id), variable(body.length), body);
};

/** Coders that feed each other, the first one from the second. */
function folderBytes({ coders }: MadeFolder): Uint8Array {
  const each = coders.map(({ method, properties }) => {
    const id = Buffer.from(method, 'hex');
    const flags = id.length | (properties.length > 0 ? 0x20 : 0);
    return packed(
      Uint8Array.of(flags),
      id,
      ...(properties.length > 0 ? [variable(properties.length), properties] : []),
    );
  });
  const pairs = coders.slice(1).map((_, at) => packed(variable(at), variable(at + 1)));
  return packed(variable(coders.length), ...each, ...pairs);
}

/** "Streams Info". @param crcsOfFolders instead of those of files */
export function streamsInfo(folders: readonly MadeFolder[], packStart: number, crcsOfFolders = false): Uint8Array {
  const count = variable(folders.length);
  const sizes = folders.map((folder) => variable(folder.packed.length));
  const files = folders.flatMap((folder) => folder.files);
  const crcs = files.map((file) => [4, file.crc32 ?? 0] as const);
  const defined = files.map((file) => file.crc32 !== undefined);
  const crcList = [Uint8Array.of(0x0a, 0), bits(defined), ...crcs.filter((_, at) => defined[at])];
  const partSizes = folders.flatMap((folder) => folder.files.slice(0, -1).map(({ size }) => variable(size)));
  return packed(
    ...[Uint8Array.of(0x06), variable(packStart), count, Uint8Array.of(0x09), ...sizes, Uint8Array.of(0)],
    ...[Uint8Array.of(0x07, 0x0b), count, Uint8Array.of(0), ...folders.map(folderBytes)],
    ...[Uint8Array.of(0x0c), ...folders.flatMap((folder) => folder.sizes.map(variable))],
    ...(crcsOfFolders ? crcList : []),
    Uint8Array.of(0),
    ...(crcsOfFolders
      ? []
      : [
          ...[Uint8Array.of(0x08, 0x0d), ...folders.map((folder) => variable(folder.files.length))],
          ...(partSizes.length > 0 ? [Uint8Array.of(0x09), ...partSizes] : []),
          ...[...crcList, Uint8Array.of(0)],
        ]),
    Uint8Array.of(0),
  );
}

function filesInfo(files: readonly MadeFile[]): Uint8Array {
  const kinds = files.map(({ kind = 'stream' }) => kind);
  const empty = kinds.filter((kind) => kind !== 'stream');
  const names = files.map(({ name }) => new Uint8Array(Buffer.from(`${name}\0`, 'utf16le')));
  const times = files.map(({ modifiedMs }) => modifiedMs);
  const attributes = files.map((file) => file.attributes);
  return packed(
    ...[Uint8Array.of(0x05), variable(files.length), property(0x19, new Uint8Array(3))],
    ...(empty.length > 0
      ? [
          property(0x0e, bits(kinds.map((kind) => kind !== 'stream'))),
          property(0x0f, bits(empty.map((kind) => kind !== 'folder'))),
          property(0x10, bits(empty.map((kind) => kind === 'anti'))),
        ]
      : []),
    property(0x11, Uint8Array.of(0), ...names),
    property(
      0x14,
      ...[Uint8Array.of(0), bits(times.map((time) => time !== undefined)), Uint8Array.of(0)],
      ...times.flatMap((time) => (time === undefined ? [] : [packed([8, (time + 11_644_473_600_000) * 10_000])])),
    ),
    property(
      0x15,
      ...[Uint8Array.of(0), bits(attributes.map((value) => value !== undefined)), Uint8Array.of(0)],
      ...attributes.flatMap((value) => (value === undefined ? [] : [packed([4, value])])),
    ),
    Uint8Array.of(0),
  );
}

/** Whole archive around an end header. */
export function aroundHeader(data: Uint8Array, header: Uint8Array): Uint8Array {
  const start = packed([8, data.length], [8, header.length], [4, crc32(header)]);
  const signature = Uint8Array.of(0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c, 0, 4);
  return packed(signature, [4, crc32(start)], start, data, header);
}

/** The end header of an archive. */
export const endHeader = (folders: readonly MadeFolder[], files: readonly MadeFile[], crcsOfFolders = false) =>
  packed(Uint8Array.of(0x01, 0x04), streamsInfo(folders, 0, crcsOfFolders), filesInfo(files), Uint8Array.of(0));

/** An archive with a plain header. */
export function made7z(folders: readonly MadeFolder[], files: readonly MadeFile[], crcsOfFolders = false): Uint8Array {
  const data = packed(...folders.map((folder) => folder.packed));
  return aroundHeader(data, endHeader(folders, files, crcsOfFolders));
}

/** An archive whose header is packed as `pack` says, which gets the plain one. */
export function packedHeader7z(
  folders: readonly MadeFolder[],
  files: readonly MadeFile[],
  pack: (header: Uint8Array) => MadeFolder,
): Uint8Array {
  const data = packed(...folders.map((folder) => folder.packed));
  const inner = pack(endHeader(folders, files));
  const header = packed(Uint8Array.of(0x17), streamsInfo([inner], data.length, true));
  return aroundHeader(packed(data, inner.packed), header);
}

/** A folder of files as they are. */
export function copied(...contents: readonly Uint8Array[]): MadeFolder {
  const all = packed(...contents);
  const files = contents.map((bytes) => ({ size: bytes.length, crc32: crc32(bytes) }));
  return { coders: [coder.copy], sizes: [all.length], packed: all, files };
}

/** The same encrypted: 7-Zip fills the last block with zeros. */
export function encrypted(folder: MadeFolder, password: string, iv = Buffer.alloc(16, 7)): MadeFolder {
  const filled = Buffer.concat([folder.packed, Buffer.alloc(-folder.packed.length & 15)]);
  const cipher = createCipheriv('aes-256-cbc', keyOf(password), iv).setAutoPadding(false);
  const isCopied = folder.coders.length === 1 && folder.coders[0]!.method === '00';
  return {
    ...folder,
    coders: [...(isCopied ? [] : folder.coders), coder.aes(iv)],
    sizes: [...(isCopied ? [] : folder.sizes), folder.packed.length],
    packed: new Uint8Array(cipher.update(filled)),
  };
}

const keyOf = (password: string) => createHash('sha256').update(password, 'utf16le').digest();

/** Keys without the cost. */
export const quickKeys: KeyDerivation = {
  rar4: () => Promise.reject(new Error('not RAR')),
  rar5: () => Promise.reject(new Error('not RAR')),
  sevenZip: async ({ password }) => new Uint8Array(keyOf(password)),
};

/** How the tests read. */
export const reading = (...passwords: string[]): ReadArchiveOptions => ({ keys: quickKeys, passwords });

/** An archive in memory that counts what is read of it. */
export function inputOf(bytes: Uint8Array): ArchiveInput & { readonly reads: [start: number, length: number][] } {
  const reads: [number, number][] = [];
  return {
    name: 'x.7z',
    size: bytes.length,
    reads,
    async read(start, length) {
      reads.push([start, length]);
      return bytes.slice(start, start + length);
    },
  };
}

/** A recipe of volumes and joins, as ranges. */
export function rangesOf(recipe: ByteRecipe | undefined): (readonly [number, number])[] {
  if (recipe?.from === 'volume') return [[recipe.start, recipe.end]];
  if (recipe?.from === 'join') return recipe.parts.flatMap(rangesOf);
  throw new Error(`a recipe from ${recipe?.from}`);
}
