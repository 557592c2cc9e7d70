import { dosTime, type Field, packed, utf8 } from '../byte-writer.js';

const most16 = 0xffff;
const most32 = 0xffffffff;
/** Names are UTF-8 (APPNOTE 4.4.4, bit 11); sizes are behind the bytes (bit 3). */
const flag = { utf8Names: 0x0800, descriptor: 0x0008 };
/** Made on Unix by version 4.5 of the specification, the first with ZIP64. */
const madeBy = 0x032d;
const plainVersion = 20;
const zip64Version = 45;
/** `-rw-r--r--` and `drwxr-xr-x`, where Unix programs look, and the bit by which DOS knows a folder. */
const attributes = { file: 0o100644 * 65_536, folder: 0o40755 * 65_536 + 0x10 };
const archiveComment = utf8('A comment behind everything else.');

/** A member as headers describe it. */
export interface ZipEntry {
  readonly name: Uint8Array;
  readonly isFolder: boolean;
  readonly crc: number;
  readonly size: number;
  readonly packedSize: number;
  /** Compression method (APPNOTE 4.4.5). */
  readonly method: number;
  /** Where its local header is. */
  readonly offset: number;
  /** Time of the member, in milliseconds since 1970. */
  readonly modifiedMs: number;
  /** Whether there is more than is needed: sizes behind the bytes, extra fields, comments. */
  readonly hasExtras: boolean;
}

const capped = (value: number) => Math.min(value, most32);
const isLarge = ({ size }: ZipEntry) => size >= most32;

/** In front of the bytes of a member. */
export function localHeader(entry: ZipEntry): Uint8Array {
  const { name, size, packedSize, hasExtras } = entry;
  const wide = isLarge(entry) ? packed([2, 1], [2, 16], [8, size], [8, packedSize]) : packed();
  const extra = packed(wide, extraFields(entry));
  // Zeros where the descriptor has the numbers.
  const sizes: readonly Field[] = [
    [4, hasExtras ? 0 : entry.crc],
    [4, hasExtras && !isLarge(entry) ? 0 : capped(packedSize)],
    [4, hasExtras && !isLarge(entry) ? 0 : capped(size)],
  ];
  return packed([4, 0x04034b50], ...shared(entry, isLarge(entry)), ...sizes, ...lengths(name, extra), name, extra);
}

/** Behind the bytes of a member whose local header does not tell its sizes. */
export function descriptor(entry: ZipEntry): Uint8Array {
  if (!entry.hasExtras) return packed();
  const bytes = isLarge(entry) ? 8 : 4;
  return packed([4, 0x08074b50], [4, entry.crc], [bytes, entry.packedSize], [bytes, entry.size]);
}

/** In the directory at the end. */
export function centralHeader(entry: ZipEntry): Uint8Array {
  const { name, size, packedSize, offset } = entry;
  const values: Field[] = isLarge(entry)
    ? [
        [8, size],
        [8, packedSize],
      ]
    : [];
  if (offset >= most32) values.push([8, offset]);
  const hasWide = values.length > 0;
  const extra = packed(hasWide ? packed([2, 1], [2, values.length * 8], ...values) : packed(), extraFields(entry));
  const comment = entry.hasExtras ? utf8('A comment.') : packed();
  return packed(
    ...([[4, 0x02014b50], [2, madeBy], ...shared(entry, hasWide), [4, entry.crc]] as const),
    ...([[4, capped(packedSize)], [4, capped(size)], ...lengths(name, extra), [2, comment.length]] as const),
    // First disk, no internal attributes.
    ...([
      [2, 0],
      [2, 0],
      [4, entry.isFolder ? attributes.folder : attributes.file],
      [4, capped(offset)],
    ] as const),
    ...[name, extra, comment],
  );
}

const lengths = (name: Uint8Array, extra: Uint8Array): readonly Field[] => [
  [2, name.length],
  [2, extra.length],
];

/** An extended timestamp, and something nobody knows. */
function extraFields({ hasExtras, modifiedMs }: ZipEntry): Uint8Array {
  if (!hasExtras) return packed();
  return packed(
    [2, 0x5455],
    [2, 5],
    [1, 1],
    [4, Math.floor(modifiedMs / 1000)],
    [2, 0x9999],
    [2, 3],
    new Uint8Array(3),
  );
}

/** Version needed, flags, method, time and date: alike in both headers. */
function shared({ method, hasExtras, modifiedMs }: ZipEntry, zip64: boolean): readonly Field[] {
  const { time, date } = dosTime(modifiedMs);
  return [
    [2, zip64 ? zip64Version : plainVersion],
    [2, flag.utf8Names | (hasExtras ? flag.descriptor : 0)],
    [2, method],
    [2, time],
    [2, date],
  ];
}

/** Behind the directory. @param offset where that begins */
export function directoryEnd(count: number, bytes: number, offset: number, hasComment: boolean): Uint8Array {
  const comment = hasComment ? archiveComment : packed();
  const short = Math.min(count, most16);
  const end = packed(
    ...([
      [4, 0x06054b50],
      [2, 0],
      [2, 0],
      [2, short],
      [2, short],
      [4, capped(bytes)],
      [4, capped(offset)],
    ] as const),
    ...([[2, comment.length], comment] as const),
  );
  if (count < most16 && bytes < most32 && offset < most32) return end;
  return packed(
    // The rest of the ZIP64 record has 44 bytes.
    ...([
      [4, 0x06064b50],
      [8, 44],
      [2, madeBy],
      [2, zip64Version],
      [4, 0],
      [4, 0],
    ] as const),
    ...([
      [8, count],
      [8, count],
      [8, bytes],
      [8, offset],
    ] as const),
    ...([[4, 0x07064b50], [4, 0], [8, offset + bytes], [4, 1], end] as const),
  );
}
