import { crc32 } from 'node:zlib';
import { type Content, heldContent, joinedContent } from '../content.js';
import { type NamedContent, wholeCrc32 } from './archive.js';
import { packed } from './byte-writer.js';

const signature = Uint8Array.of(0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c, 0, 4);
/** Property ids (7zFormat.txt, "Property IDs"). */
const id = {
  end: 0x00,
  header: 0x01,
  mainStreams: 0x04,
  files: 0x05,
  packInfo: 0x06,
  unpackInfo: 0x07,
  subStreams: 0x08,
  size: 0x09,
  crc: 0x0a,
  folder: 0x0b,
  unpackSize: 0x0c,
  emptyStream: 0x0e,
  emptyFile: 0x0f,
  names: 0x11,
  modified: 0x14,
};
/** A folder of one coder with an id of one byte: 0, copy. */
const copyFolder = Uint8Array.of(1, 1, 0);
const allDefined = 1;
const notExternal = 0;
/** Milliseconds from 1601, where file times of Windows begin, to 1970. */
const before1970Ms = 11_644_473_600_000;

/**
 * A 7z archive of members that are copied as they are, each in a folder (a coder chain) of its own, behind a plain header
 * (7-Zip, DOC/7zFormat.txt of the LZMA SDK).
 * @param modifiedMs time of every member, in milliseconds since 1970
 */
export function sevenZipArchive(members: readonly NamedContent[], modifiedMs: number): Content {
  const streams = members.map(({ content }) => content).filter(({ size }) => size > 0);
  const data = joinedContent(streams);
  const header = packed(
    Uint8Array.of(id.header),
    streams.length > 0 ? mainStreams(streams) : packed(),
    filesInfo(members, modifiedMs),
    Uint8Array.of(id.end),
  );
  const start = packed([8, data.size], [8, header.length], [4, crc32(header)]);
  return joinedContent([heldContent(packed(signature, [4, crc32(start)], start)), data, heldContent(header)]);
}

function mainStreams(streams: readonly Content[]): Uint8Array {
  const sizes = streams.map(({ size }) => variable(size));
  const count = variable(streams.length);
  const crcs = streams.map((content) => [4, wholeCrc32(content)] as const);
  return packed(
    ...[Uint8Array.of(id.mainStreams, id.packInfo), variable(0), count, Uint8Array.of(id.size), ...sizes],
    ...[Uint8Array.of(id.end, id.unpackInfo, id.folder), count, Uint8Array.of(notExternal)],
    ...streams.map(() => copyFolder),
    ...[Uint8Array.of(id.unpackSize), ...sizes, Uint8Array.of(id.end)],
    // Checksums are with the streams in the folders, where 7-Zip writes them, rather than with the folders themselves.
    ...[Uint8Array.of(id.subStreams, id.crc, allDefined), ...crcs, Uint8Array.of(id.end, id.end)],
  );
}

function filesInfo(members: readonly NamedContent[], modifiedMs: number): Uint8Array {
  const empty = members.map(({ content }) => content.size === 0);
  const emptyCount = empty.filter(Boolean).length;
  const emptiness =
    emptyCount > 0
      ? [
          property(id.emptyStream, bits(empty)),
          property(id.emptyFile, bits(Array.from({ length: emptyCount }, () => true))),
        ]
      : [];
  const names = members.map(({ name }) => new Uint8Array(Buffer.from(`${name}\0`, 'utf16le')));
  const ticks = (BigInt(modifiedMs) + BigInt(before1970Ms)) * 10_000n;
  const time = new Uint8Array(new BigUint64Array([ticks]).buffer);
  return packed(
    ...[Uint8Array.of(id.files), variable(members.length), ...emptiness],
    property(id.names, Uint8Array.of(notExternal), ...names),
    property(id.modified, Uint8Array.of(allDefined, notExternal), ...members.map(() => time)),
    Uint8Array.of(id.end),
  );
}

function property(type: number, ...values: readonly Uint8Array[]): Uint8Array {
  const body = packed(...values);
  return packed(Uint8Array.of(type), variable(body.length), body);
}

/** A row of flags, eight a byte, the first in the highest bit. */
function bits(flags: readonly boolean[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(flags.length / 8));
  for (const [at, flag] of flags.entries()) if (flag) bytes[at >> 3] = (bytes[at >> 3] as number) | (0x80 >> (at & 7));
  return bytes;
}

/**
 * A number of variable length: as many high bits of the first byte are set as bytes follow, lowest first, and what is
 * left of the first byte has the highest bits ("Type `NUMBER`").
 */
export function variable(value: number): Uint8Array {
  let more = 0;
  while (more < 8 && value >= 2 ** (7 * (more + 1))) more++;
  const low = Buffer.alloc(8);
  low.writeBigUInt64LE(BigInt(value));
  const high = more === 8 ? 0 : Math.floor(value / 2 ** (8 * more));
  const mask = (0xff00 >> more) & 0xff;
  return Uint8Array.of(mask | high, ...low.subarray(0, more));
}
