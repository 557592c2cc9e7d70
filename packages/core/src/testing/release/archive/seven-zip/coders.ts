import type { Content } from '../../content.js';
import { tokenBytes } from '../../names.js';
import { wholeCrc32 } from '../archive.js';
import { packed } from '../byte-writer.js';
import { blockBytes, cbcContent } from '../encryption/cbc-content.js';
import type { EncryptionInput } from '../encryption/input.js';
import { sevenZipKey } from '../encryption/keys.js';
import { variable } from './property.js';

/** A stream as it lies in an archive, and the folder (the chain of coders) that unpacks it. */
export interface PackedStream {
  /** The packed bytes. */
  readonly content: Content;
  /** The folder as headers describe it. */
  readonly folder: Uint8Array;
  /** Size behind every coder of the folder. */
  readonly unpackSizes: readonly number[];
  /** CRC-32 of the unpacked bytes. */
  readonly crc: number;
}

/** Packs a stream. @param purpose tells streams of an archive apart */
export type StreamPacker = (content: Content, purpose: string) => PackedStream;

/** A coder: how many bytes its id has, the id, and its properties (7zFormat.txt, "Folder"). */
const copyCoder = Uint8Array.of(0x01, 0x00);
const aesCoderId = Uint8Array.of(0x24, 0x06, 0xf1, 0x07, 0x01);
/** Two coders: what the second takes in is what the first gives out. */
const firstFeedsSecond = Uint8Array.of(1, 0);

/** Copies a stream as it is. */
export const copied: StreamPacker = (content) => ({
  content,
  folder: packed(variable(1), copyCoder),
  unpackSizes: [content.size],
  crc: wholeCrc32(content),
});

/**
 * Encrypts streams with AES-256, each with an initialisation vector of its own, behind which they are copied, as 7-Zip has
 * it (`7zAES.cpp`).
 */
export function encrypted({ password, keyRoundsLog2, seed }: EncryptionInput): StreamPacker {
  const key = sevenZipKey(password, keyRoundsLog2);
  return (content, purpose) => {
    const iv = tokenBytes(blockBytes, seed, purpose);
    // The rounds, no salt, and an initialisation vector of 1 + 15 bytes.
    const properties = packed(Uint8Array.of(0x40 | keyRoundsLog2, blockBytes - 1), iv);
    const aesCoder = packed(aesCoderId, variable(properties.length), properties);
    return {
      content: cbcContent(content, key, iv),
      folder: packed(variable(2), aesCoder, copyCoder, firstFeedsSecond),
      unpackSizes: [content.size, content.size],
      crc: wholeCrc32(content),
    };
  };
}
