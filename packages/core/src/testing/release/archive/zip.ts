import { type Content, heldContent, joinedContent } from '../content.js';
import { type NamedContent, wholeCrc32 } from './archive.js';
import { dosTime, packed, utf8 } from './byte-writer.js';

const most16 = 0xffff;
const most32 = 0xffffffff;
/** Names are UTF-8 (APPNOTE 4.4.4, bit 11). */
const utf8Names = 0x0800;
/** Made on Unix by version 4.5 of the specification, the first with ZIP64. */
const madeBy = 0x032d;
const plainVersion = 20;
const zip64Version = 45;
/** A regular file, `rw-r--r--`, where Unix programs look. */
const unixMode = 0o100644 * 65_536;

interface Entry {
  readonly name: Uint8Array;
  readonly crc: number;
  readonly size: number;
  /** Where its local header is. */
  readonly offset: number;
}

/**
 * A ZIP of stored members, with ZIP64 records where a size, an offset or the count asks for them (PKWARE APPNOTE 6.3.10,
 * sections 4.3.7, 4.3.12 and 4.3.14 to 4.3.16, 4.5.3).
 * @param postedMs time of every member, in milliseconds since 1970
 */
export function zipArchive(members: readonly NamedContent[], postedMs: number): Content {
  const pieces: Content[] = [];
  const entries: Entry[] = [];
  let offset = 0;
  const add = (content: Content) => {
    pieces.push(content);
    offset += content.size;
  };
  for (const { name, content } of members) {
    const entry = { name: utf8(name), crc: wholeCrc32(content), size: content.size, offset };
    entries.push(entry);
    add(heldContent(localHeader(entry, postedMs)));
    add(content);
  }
  const directory = packed(...entries.map((entry) => centralHeader(entry, postedMs)));
  add(heldContent(packed(directory, directoryEnd(entries.length, directory.length, offset))));
  return joinedContent(pieces);
}

const capped = (value: number) => Math.min(value, most32);

function localHeader({ name, crc, size }: Entry, postedMs: number): Uint8Array {
  const large = size >= most32;
  const extra = large ? packed([2, 1], [2, 16], [8, size], [8, size]) : packed();
  return packed(
    ...([[4, 0x04034b50], ...shared(large, postedMs), [4, crc], [4, capped(size)], [4, capped(size)]] as const),
    ...([[2, name.length], [2, extra.length], name, extra] as const),
  );
}

function centralHeader({ name, crc, size, offset }: Entry, postedMs: number): Uint8Array {
  const far = offset >= most32 ? ([[8, offset]] as const) : [];
  const wide =
    size >= most32
      ? ([
          [8, size],
          [8, size],
        ] as const)
      : [];
  const values = packed(...wide, ...far);
  const extra = values.length > 0 ? packed([2, 1], [2, values.length], values) : values;
  return packed(
    ...([[4, 0x02014b50], [2, madeBy], ...shared(values.length > 0, postedMs), [4, crc]] as const),
    ...([
      [4, capped(size)],
      [4, capped(size)],
      [2, name.length],
      [2, extra.length],
    ] as const),
    // No comment, first disk, no internal attributes.
    ...([[2, 0], [2, 0], [2, 0], [4, unixMode], [4, capped(offset)], name, extra] as const),
  );
}

/** Version needed, flags, method "stored", time and date: alike in both headers. */
function shared(zip64: boolean, postedMs: number) {
  const { time, date } = dosTime(postedMs);
  return [
    [2, zip64 ? zip64Version : plainVersion],
    [2, utf8Names],
    [2, 0],
    [2, time],
    [2, date],
  ] as const;
}

function directoryEnd(count: number, bytes: number, offset: number): Uint8Array {
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
      [2, 0],
    ] as const),
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
