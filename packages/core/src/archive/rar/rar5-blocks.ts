import { crc32 } from 'node:zlib';
import { damaged, unsupported } from '../refusals.js';
import { Fields } from './fields.js';
import { aesBlockBytes, decrypted, padded } from './header-cipher.js';
import type { HeaderWindow } from './header-window.js';

/** RAR 5.0 archive format, "General archive block format". */
const headerFlag = { extra: 0x01, data: 0x02, splitBefore: 0x08, splitAfter: 0x10 };
/** A size of three bytes holds no more; the format says so as well. */
const mostHeaderBytes = 2 * 1024 * 1024;
const crcBytes = 4;
const mostSizeBytes = 3;

/** A block of RAR 5. */
export interface Rar5Block {
  readonly type: number;
  readonly splitBefore: boolean;
  readonly splitAfter: boolean;
  /** What is special to the type. */
  readonly fields: Fields;
  /** Records behind it. */
  readonly extra: Fields;
  /** Where its header begins in the volume: the encrypted one, behind its initialisation vector. */
  readonly headerStart: number;
  /** Its size, without what encryption fills it up with. */
  readonly headerBytes: number;
  /** How the header was decrypted. */
  readonly cipher?: { readonly start: number; readonly end: number; readonly key: Uint8Array; readonly iv: Uint8Array };
  readonly dataStart: number;
  readonly dataEnd: number;
}

/**
 * The block at a place, its checksum compared; `undefined` at the end of the volume.
 * @param key decrypts it, where headers are encrypted
 */
export async function rar5Block(window: HeaderWindow, at: number, key?: Uint8Array): Promise<Rar5Block | undefined> {
  if (window.size - at < crcBytes + mostSizeBytes) return undefined;
  if (key === undefined) {
    const size = headerSize(await window.bytes(at, crcBytes + mostSizeBytes));
    return parsed(await whole(window, at, size), at, at + size);
  }
  const iv = (await whole(window, at, aesBlockBytes)).slice();
  const start = at + aesBlockBytes;
  const size = headerSize(decrypted(await whole(window, start, aesBlockBytes), key, iv));
  const end = start + padded(size);
  const header = decrypted(await whole(window, start, end - start), key, iv).subarray(0, size);
  return parsed(header, start, end, { start, end, key, iv });
}

/** Whether bytes begin with an encrypted header that a key opens. @param bytes from an initialisation vector on */
export function opensRar5(bytes: Uint8Array, key: Uint8Array): boolean {
  const iv = bytes.subarray(0, aesBlockBytes);
  const rest = bytes.subarray(aesBlockBytes, bytes.length - (bytes.length % aesBlockBytes));
  if (rest.length < aesBlockBytes) return false;
  const plain = decrypted(rest, key, iv);
  try {
    const size = headerSize(plain);
    return size <= plain.length && isIntact(plain.subarray(0, size));
  } catch {
    return false;
  }
}

/** Bytes of a header with its checksum, as its beginning says. */
function headerSize(head: Uint8Array): number {
  const fields = new Fields('rar5', head, crcBytes);
  const size = fields.vint();
  const sizeBytes = fields.at - crcBytes;
  if (sizeBytes > mostSizeBytes || size === 0) throw damaged('rar5', 'The size of a header cannot be right');
  if (size > mostHeaderBytes) throw unsupported('rar5', `A header of ${size} bytes is beyond the limit`);
  return crcBytes + sizeBytes + size;
}

async function whole(window: HeaderWindow, at: number, size: number): Promise<Uint8Array> {
  const bytes = await window.bytes(at, size);
  if (bytes.length < size) throw damaged('rar5', 'The volume ends in the middle of a header');
  return bytes;
}

const isIntact = (header: Uint8Array) => crc32(header.subarray(crcBytes)) === new Fields('rar5', header).u32();

function parsed(header: Uint8Array, headerStart: number, dataStart: number, cipher?: Rar5Block['cipher']): Rar5Block {
  if (!isIntact(header)) throw damaged('rar5', `The checksum of the header at ${headerStart} is wrong`);
  const fields = new Fields('rar5', header, crcBytes);
  fields.vint();
  const type = fields.vint();
  const flags = fields.vint();
  const extraBytes = flags & headerFlag.extra ? fields.vint() : 0;
  const dataBytes = flags & headerFlag.data ? fields.length() : 0;
  const own = fields.inner(fields.left - extraBytes);
  const dataEnd = dataStart + dataBytes;
  if (!Number.isSafeInteger(dataEnd)) throw damaged('rar5', `${dataBytes} bytes of data cannot be right`);
  return {
    type,
    splitBefore: (flags & headerFlag.splitBefore) !== 0,
    splitAfter: (flags & headerFlag.splitAfter) !== 0,
    fields: own,
    extra: fields,
    headerStart,
    headerBytes: header.length,
    ...(cipher && { cipher }),
    dataStart,
    dataEnd,
  };
}
