import { type ByteRecipe, cut, ofVolume, recipeSize } from '../byte-recipe.js';
import { checkCodec } from '../codec/lzma-properties.js';
import { aesProperties } from './aes-properties.js';
import type { Coder, Folder } from './folders.js';
import { codecOf, methodId, methodName } from './methods.js';
import { sevenZipError } from './seven-zip-error.js';
import type { StreamsInfo } from './streams-info.js';

/** Where the packed streams of a folder lie in the file. */
export interface PackedStream {
  readonly start: number;
  readonly end: number;
}

/** Keys of encrypted folders, by the properties of their encryption. */
export type KeyOf = (properties: Uint8Array) => Uint8Array;

/** Where the packed streams of each folder lie, which they have one after the other. @param base what offsets count from */
export function packedStreams(streams: StreamsInfo, base: number): PackedStream[][] {
  let next = 0;
  let start = base + streams.packStart;
  return streams.folders.map((folder) =>
    folder.packedInputs.map(() => {
      const end = start + (streams.packSizes[next++] as number);
      const stream = { start, end };
      start = end;
      return stream;
    }),
  );
}

/**
 * How the bytes of a folder come about.
 * @throws ArchiveUnsupportedError when a method is not unpacked, or packed bytes lie outside of the file
 */
export function folderRecipe(
  folder: Folder,
  packed: readonly PackedStream[],
  fileBytes: number,
  keyOf: KeyOf,
): ByteRecipe {
  for (const { end } of packed)
    if (!(end <= fileBytes))
      throw sevenZipError('incomplete', `packed bytes up to ${end} lie behind the end of the file`);
  const build = (output: number, depth: number): ByteRecipe => {
    const coder = coderOf(folder, output);
    if (depth > folder.coders.length) throw sevenZipError('damaged', 'the coders of a folder go in a circle');
    const inputs = Array.from({ length: coder.inputs }, (_, at) => {
      const input = coder.firstInput + at;
      const from = folder.outputOfInput.get(input);
      if (from !== undefined) return build(from, depth + 1);
      const { start, end } = packed[folder.packedInputs.indexOf(input)] as PackedStream;
      return ofVolume(0, start, end);
    });
    return decoded(coder, inputs[0] as ByteRecipe, folder.sizes[output] as number, keyOf);
  };
  checkMethods(folder);
  return build(folder.mainOutput, 0);
}

/** Names the method that stands in the way, before anything else is said about the folder. */
function checkMethods({ coders, mainOutput }: Folder): void {
  for (const { method, inputs, outputs } of coders) {
    const isKnown = method === methodId.copy || method === methodId.aes || codecOf(method) !== undefined;
    if (!isKnown) throw sevenZipError('compressed', `${methodName(method)} is not unpacked`);
    if (inputs !== 1 || outputs !== 1) throw sevenZipError('damaged', `${methodName(method)} with several streams`);
  }
  if (mainOutput < 0) throw sevenZipError('damaged', 'the coders of a folder go in a circle');
}

const coderOf = (folder: Folder, output: number): Coder =>
  folder.coders.find(({ firstOutput, outputs }) => output >= firstOutput && output < firstOutput + outputs) as Coder;

function decoded({ method, properties }: Coder, input: ByteRecipe, size: number, keyOf: KeyOf): ByteRecipe {
  const codecMethod = codecOf(method);
  if (codecMethod !== undefined) {
    // A copy: recipes are kept, and the header they are read from is not.
    const codec = { method: codecMethod, ...(properties.length > 0 && { properties: Uint8Array.from(properties) }) };
    checkCodec(codec, size);
    return { from: 'codec', of: input, codec, size };
  }
  const most = recipeSize(input);
  if (size > most) throw sevenZipError('damaged', `${methodName(method)} makes ${size} bytes of ${most}`);
  if (method === methodId.copy) return cut(input, 0, size);
  if (most % 16 !== 0) throw sevenZipError('damaged', `${most} encrypted bytes are no whole blocks`);
  const { iv } = aesProperties(properties);
  return cut({ from: 'aes-cbc', of: input, key: keyOf(properties), iv }, 0, size);
}
