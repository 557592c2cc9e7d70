import { type Content, heldContent, readRange } from '../../content.js';
import { tokenBytes } from '../../names.js';
import { wholeCrc32 } from '../archive.js';
import { packed } from '../byte-writer.js';
import { blockBytes, cbcContent } from '../encryption/cbc-content.js';
import type { EncryptionInput } from '../encryption/input.js';
import { sevenZipKey } from '../encryption/keys.js';
import { lzma, lzmaProperties } from './lzma.js';
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

/** What unpacks a stream, apart from encryption. */
export interface Coding {
  /** The coder as headers describe it: how many bytes its id has, the id, and its properties (7zFormat.txt, "Folder"). */
  readonly coder: Uint8Array;
  /** The bytes it takes in. */
  pack(content: Content): Content;
}

const lzmaCoder = packed(Uint8Array.of(0x23, 0x03, 0x01, 0x01, lzmaProperties.length), lzmaProperties);

/** Bytes as they are. */
export const copied: Coding = { coder: Uint8Array.of(0x01, 0x00), pack: (content) => content };
/** LZMA, of what is small enough to be held. */
export const compressed: Coding = {
  coder: lzmaCoder,
  pack: (content) => heldContent(lzma(readRange(content, { start: 0, end: content.size }))),
};
/** LZMA by what headers say, bytes as they are by what is there. */
export const pretended: Coding = { coder: lzmaCoder, pack: (content) => content };

const aesCoderId = Uint8Array.of(0x24, 0x06, 0xf1, 0x07, 0x01);
/** Two coders: what the second takes in is what the first gives out. */
const firstFeedsSecond = Uint8Array.of(1, 0);

/** Packs a stream. @param purpose tells the streams of an archive apart */
export type StreamPacker = (content: Content, coding: Coding, purpose: string) => PackedStream;

/** Packs streams without encryption. */
export const openly: StreamPacker = (content, coding) => ({
  content: coding.pack(content),
  folder: packed(variable(1), coding.coder),
  unpackSizes: [content.size],
  crc: wholeCrc32(content),
});

/** Packs streams and encrypts them with AES-256, each with an initialisation vector of its own (`7zAES.cpp` of 7-Zip). */
export function secretly({ password, keyRoundsLog2, seed }: EncryptionInput): StreamPacker {
  const key = sevenZipKey(password, keyRoundsLog2);
  return (content, coding, purpose) => {
    const iv = tokenBytes(blockBytes, seed, purpose);
    // The rounds, no salt, and an initialisation vector of 1 + 15 bytes.
    const properties = packed(Uint8Array.of(0x40 | keyRoundsLog2, blockBytes - 1), iv);
    const aesCoder = packed(aesCoderId, variable(properties.length), properties);
    const plain = coding.pack(content);
    return {
      content: cbcContent(plain, key, iv),
      folder: packed(variable(2), aesCoder, coding.coder, firstFeedsSecond),
      unpackSizes: [plain.size, content.size],
      crc: wholeCrc32(content),
    };
  };
}
