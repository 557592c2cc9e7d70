import { crc32 } from 'node:zlib';
import type { Rar4Keys } from '../crypto/key-derivation.js';
import { damaged } from '../refusals.js';
import { Fields } from './fields.js';
import { aesBlockBytes, decrypted, padded } from './header-cipher.js';
import type { HeaderWindow } from './header-window.js';

/** RAR 4 technote, "HEAD_TYPE". */
export const blockType = { main: 0x73, file: 0x74, service: 0x7a, end: 0x7b };
const firstType = 0x72;
const lastType = 0x7b;
const hasData = 0x8000;
const prefixBytes = 7;
/** Comments were once kept inside of headers; checksums stop in front of them. */
const hasComment: Readonly<Record<number, number>> = { [blockType.main]: 0x02, [blockType.file]: 0x08 };
const mainBytes = 13;
const saltBytes = 8;

/** A block of RAR 4. */
export interface Rar4Block {
  readonly type: number;
  readonly flags: number;
  /** What is behind type, flags and size. */
  readonly fields: Fields;
  readonly headerStart: number;
  readonly headerEnd: number;
}

/** Gets the keys of an encrypted header. @param fits tells whether they are right */
export type HeaderKeys = (salt: Uint8Array, fits: (keys: Rar4Keys) => boolean) => Promise<Rar4Keys>;

/**
 * The block at a place, its checksum compared; `undefined` at the end of the volume.
 * @param keys decrypts it, where headers are encrypted
 */
export async function rar4Block(window: HeaderWindow, at: number, keys?: HeaderKeys): Promise<Rar4Block | undefined> {
  if (keys !== undefined) return encryptedBlock(window, at, keys);
  if (window.size - at < prefixBytes) return undefined;
  const size = headerSize(await whole(window, at, prefixBytes));
  return parsed(await whole(window, at, size), at, at + size);
}

/** A salt, then the header with an unknown number of bytes up to a multiple of 16 behind it. */
async function encryptedBlock(window: HeaderWindow, at: number, keys: HeaderKeys): Promise<Rar4Block | undefined> {
  const start = at + saltBytes;
  if (window.size - start < aesBlockBytes) return undefined;
  const salt = (await whole(window, at, saltBytes)).slice();
  const bytes = await window.bytes(start, trialBytes);
  const trial = bytes.subarray(0, bytes.length - (bytes.length % aesBlockBytes));
  const { key, iv } = await keys(salt, (candidate) => opens(trial, candidate));
  const size = headerSize(decrypted(await whole(window, start, aesBlockBytes), key, iv));
  const header = decrypted(await whole(window, start, padded(size)), key, iv).subarray(0, size);
  return parsed(header, start, start + padded(size));
}

/** Bytes a password is tried on: the headers that can come first are smaller by far. */
const trialBytes = 4096;

function opens(bytes: Uint8Array, { key, iv }: Rar4Keys): boolean {
  const plain = decrypted(bytes, key, iv);
  const type = plain[2] ?? 0;
  if (type < firstType || type > lastType) return false;
  const size = plain.readUInt16LE(5);
  return size >= prefixBytes && size <= plain.length && isIntact(plain.subarray(0, size));
}

function headerSize(head: Uint8Array): number {
  const size = new Fields('rar4', head, 5).u16();
  if (size < prefixBytes) throw damaged('rar4', `A header of ${size} bytes cannot be right`);
  return size;
}

async function whole(window: HeaderWindow, at: number, size: number): Promise<Uint8Array> {
  const bytes = await window.bytes(at, size);
  if (bytes.length < size) throw damaged('rar4', 'The volume ends in the middle of a header');
  return bytes;
}

function parsed(header: Uint8Array, headerStart: number, headerEnd: number): Rar4Block {
  if (!isIntact(header)) throw damaged('rar4', `The checksum of the header at ${headerStart} is wrong`);
  const fields = new Fields('rar4', header, 2);
  const type = fields.u8();
  const flags = fields.u16();
  fields.u16();
  return { type, flags, fields, headerStart, headerEnd };
}

/** Whether the low half of the CRC-32 is right; blocks of RAR before 2.9 that nothing here needs keep it otherwise. */
function isIntact(header: Uint8Array): boolean {
  const fields = new Fields('rar4', header);
  const crc = fields.u16();
  const type = fields.u8();
  if (type !== blockType.end && type !== blockType.service && hasComment[type] === undefined) return true;
  const end = checkedEnd(type, fields.u16(), header);
  return (crc32(header.subarray(2, end)) & 0xffff) === crc;
}

/** Where the bytes end that a checksum covers. */
function checkedEnd(type: number, flags: number, header: Uint8Array): number {
  if ((flags & (hasComment[type] ?? 0)) === 0) return header.length;
  return type === blockType.main ? Math.min(mainBytes, header.length) : fileFieldsEnd(flags, header);
}

/** Where the name ends in a file header. */
function fileFieldsEnd(flags: number, header: Uint8Array): number {
  const fields = new Fields('rar4', header, 26);
  if (fields.left < 2) return header.length;
  const large = flags & 0x100 ? 8 : 0;
  return Math.min(32 + large + fields.u16(), header.length);
}

/** Bytes of data behind a block that is no file. */
export function blockDataBytes({ flags, fields }: Rar4Block): number {
  return flags & hasData && fields.left >= 4 ? fields.u32() : 0;
}
