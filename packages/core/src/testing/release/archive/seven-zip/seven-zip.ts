import { crc32 } from 'node:zlib';
import { type Content, heldContent, joinedContent } from '../../content.js';
import type { NamedContent } from '../archive.js';
import { packed } from '../byte-writer.js';
import type { EncryptionInput } from '../encryption/input.js';
import { compressed, copied, openly, type PackedStream, pretended, secretly } from './coders.js';
import { allDefined, bits, id, notExternal, variable } from './property.js';

const signature = Uint8Array.of(0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c, 0, 4);
/** Milliseconds from 1601, where file times of Windows begin, to 1970. */
const before1970Ms = 11_644_473_600_000;

/** What a 7z archive is like. */
export interface SevenZipInput {
  readonly members: readonly NamedContent[];
  /** Time of every member, in milliseconds since 1970. */
  readonly modifiedMs: number;
  readonly encryption: EncryptionInput | undefined;
  /** Whether the header is compressed, as 7-Zip does it. */
  readonly compressesHeader: boolean;
  /** Whether headers say that members are compressed. */
  readonly pretendsCompression: boolean;
  /** Whether there is something in the header that readers are to pass over. */
  readonly hasDummies: boolean;
}

/**
 * A 7z archive of members that are copied as they are, each in a folder (a coder chain) of its own (7-Zip,
 * DOC/7zFormat.txt of the LZMA SDK).
 */
export function sevenZipArchive(input: SevenZipInput): Content {
  const { members, encryption, compressesHeader } = input;
  const pack = encryption ? secretly(encryption) : openly;
  const streams = members
    .filter(({ content }) => content.size > 0)
    .map(({ content }, at) => pack(content, input.pretendsCompression ? pretended : copied, `member ${at}`));
  const data = joinedContent(streams.map(({ content }) => content));
  const header = packed(
    Uint8Array.of(id.header),
    streams.length > 0 ? mainStreams(streams) : packed(),
    filesInfo(input),
    Uint8Array.of(id.end),
  );
  if (!compressesHeader && !encryption?.hidesHeaders) return withHeader([data], header);
  const coding = compressesHeader ? compressed : copied;
  return withEncodedHeader(data, (encryption?.hidesHeaders ? pack : openly)(heldContent(header), coding, 'header'));
}

/** @param pieces what is between the start and the header */
function withHeader(pieces: readonly Content[], header: Uint8Array): Content {
  const body = joinedContent(pieces);
  const start = packed([8, body.size], [8, header.length], [4, crc32(header)]);
  return joinedContent([heldContent(packed(signature, [4, crc32(start)], start)), body, heldContent(header)]);
}

/** The header is a packed stream too, and what stands at the end says how to unpack it. */
function withEncodedHeader(data: Content, stream: PackedStream): Content {
  const encoded = packed(
    Uint8Array.of(id.encodedHeader),
    packInfo(data.size, [stream]),
    folders([stream], Uint8Array.of(id.crc, allDefined), packed([4, stream.crc])),
    Uint8Array.of(id.end),
  );
  return withHeader([data, stream.content], encoded);
}

function mainStreams(streams: readonly PackedStream[]): Uint8Array {
  return packed(
    Uint8Array.of(id.mainStreams),
    packInfo(0, streams),
    folders(streams),
    // Checksums are with the streams in the folders, where 7-Zip writes them, rather than with the folders themselves.
    Uint8Array.of(id.subStreams, id.crc, allDefined),
    ...streams.map(({ crc }) => [4, crc] as const),
    Uint8Array.of(id.end, id.end),
  );
}

/** Where packed streams are. @param offset of the first one, behind the start of the archive */
function packInfo(offset: number, streams: readonly PackedStream[]): Uint8Array {
  const sizes = streams.map(({ content }) => variable(content.size));
  const head = [Uint8Array.of(id.packInfo), variable(offset), variable(streams.length)];
  return packed(...head, Uint8Array.of(id.size), ...sizes, Uint8Array.of(id.end));
}

function folders(streams: readonly PackedStream[], ...checksums: readonly Uint8Array[]): Uint8Array {
  return packed(
    ...[Uint8Array.of(id.unpackInfo, id.folder), variable(streams.length), Uint8Array.of(notExternal)],
    ...streams.map(({ folder }) => folder),
    ...[Uint8Array.of(id.unpackSize), ...streams.flatMap(({ unpackSizes }) => unpackSizes.map(variable))],
    ...[...checksums, Uint8Array.of(id.end)],
  );
}

function filesInfo({ members, modifiedMs, hasDummies }: SevenZipInput): Uint8Array {
  const empty = members.filter(({ content }) => content.size === 0);
  const emptiness = [
    property(id.emptyStream, bits(members.map(({ content }) => content.size === 0))),
    // What is empty and no file is a folder.
    property(id.emptyFile, bits(empty.map(({ isFolder }) => !isFolder))),
  ];
  const names = members.map(({ name }) => new Uint8Array(Buffer.from(`${name}\0`, 'utf16le')));
  const ticks = (BigInt(modifiedMs) + BigInt(before1970Ms)) * 10_000n;
  const time = new Uint8Array(new BigUint64Array([ticks]).buffer);
  return packed(
    ...[Uint8Array.of(id.files), variable(members.length), ...(empty.length > 0 ? emptiness : [])],
    hasDummies ? property(id.dummy, new Uint8Array(5)) : packed(),
    property(id.names, Uint8Array.of(notExternal), ...names),
    property(id.modified, Uint8Array.of(allDefined, notExternal), ...members.map(() => time)),
    Uint8Array.of(id.end),
  );
}

function property(type: number, ...values: readonly Uint8Array[]): Uint8Array {
  const body = packed(...values);
  return packed(Uint8Array.of(type), variable(body.length), body);
}
