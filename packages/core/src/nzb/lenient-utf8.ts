import { isAscii } from 'node:buffer';

/**
 * What the bytes from 0x80 to 0x9f mean in Windows-1252; above, it is Latin-1. Spelled out because what Node calls
 * `windows-1252` is, in some versions, Latin-1 here too.
 */
const additions = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';
/** Each byte from 0x80 as UTF-8. */
const highBytes = Array.from({ length: 128 }, (_, at) => Buffer.from(additions[at] ?? String.fromCharCode(at + 128)));
const mostPerByte = 3;

/**
 * Decodes UTF-8 that may not be: bytes that cannot be UTF-8 are read as Windows-1252 (Latin-1 and its printable
 * additions), the rest stays as it is. However the bytes are cut into pieces, the text is the same.
 */
export class LenientUtf8 {
  readonly #strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  readonly #broken: () => void;
  /** Beginning of a character whose end has not come yet. */
  #rest: Uint8Array = new Uint8Array();

  /** @param broken told of each piece that was not UTF-8 */
  constructor(broken: () => void) {
    this.#broken = broken;
  }

  /** The text of the next bytes, without a character that goes on after them. */
  decode(bytes: Uint8Array): string {
    const all = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    const end = all.length - unfinishedBytes(all);
    this.#rest = all.slice(end);
    return this.#text(all.subarray(0, end));
  }

  /** What is left. */
  end(): string {
    const rest = this.#rest;
    this.#rest = new Uint8Array();
    return this.#text(rest);
  }

  #text(bytes: Uint8Array): string {
    // Message-ids are cut out of this text: one byte per character, as long as nothing needs two.
    if (isAscii(bytes)) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    try {
      return this.#strict.decode(bytes);
    } catch {
      this.#broken();
      return this.#strict.decode(repaired(bytes));
    }
  }
}

function repaired(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length * mostPerByte);
  let length = 0;
  for (let at = 0; at < bytes.length; ) {
    const size = characterBytes(bytes, at);
    const from = size > 0 ? bytes.subarray(at, at + size) : (highBytes[(bytes[at] as number) - 128] as Uint8Array);
    for (let index = 0; index < from.length; index++) out[length++] = from[index] as number;
    at += Math.max(1, size);
  }
  return out.subarray(0, length);
}

/** How many bytes at the end begin a character and do not end it. */
function unfinishedBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] as number;
    if (byte >= 0xc0) return claimedBytes(byte) > back ? back : 0;
    if (byte < 0x80) return 0;
  }
  return 0;
}

/** Bytes of the character at a place, 0 when what is there is not UTF-8 (Unicode 15, table 3-7). */
function characterBytes(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  const size = claimedBytes(first);
  if (size < 2) return size;
  const second = bytes[at + 1] ?? 0;
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return 0;
  for (let next = at + 2; next < at + size; next++) if (((bytes[next] ?? 0) & 0xc0) !== 0x80) return 0;
  return size;
}

/** Bytes of a character by its first one; 0 for one that begins none. */
function claimedBytes(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}
