import { createHash } from 'node:crypto';
import { packed, utf8 } from '../archive/byte-writer.js';

const magic = utf8('PAR2\0PKT');
const setIdBytes = 16;
const headerBytes = 64;

/** A file as PAR2 describes it. */
export interface DescribedFile {
  readonly id: Uint8Array;
  /** MD5 of all of it. */
  readonly md5: Uint8Array;
  /** MD5 of its first 16 KiB. */
  readonly firstMd5: Uint8Array;
  readonly size: number;
  readonly name: string;
}

/** MD5 of some bytes. */
export const md5 = (...pieces: readonly Uint8Array[]): Uint8Array => {
  const hash = createHash('md5');
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
};

/** The id of a file: whatever is in it beyond 16 KiB. */
export const fileId = (firstMd5: Uint8Array, size: number, name: string): Uint8Array =>
  md5(firstMd5, packed([8, size]), utf8(name));

/** Says what belongs together. @param ids of all files, in ascending order */
export const mainBody = (sliceBytes: number, ids: readonly Uint8Array[]): Uint8Array =>
  packed([8, sliceBytes], [4, ids.length], ...ids);

/** The id of a set is the MD5 of its main packet's body. */
export const setIdOf = (main: Uint8Array): Uint8Array => md5(main);

/** Name, size and hashes of a file. */
export const descriptionBody = ({ id, md5: whole, firstMd5, size, name }: DescribedFile): Uint8Array =>
  packed(id, whole, firstMd5, [8, size], wordAligned(utf8(name)));

/** MD5 and CRC-32 of every slice of a file. */
export const checksumsBody = (id: Uint8Array, checksums: Uint8Array): Uint8Array => packed(id, checksums);

/** A slice to repair with. */
export const recoveryBody = (exponent: number, slice: Uint8Array): Uint8Array => packed([4, exponent], slice);

/** Who made the set. */
export const creatorBody = (): Uint8Array => wordAligned(utf8('Newsreel release maker'));

/** Types of packets: 16 bytes each, filled up with zeros. */
export type PacketType = 'Main' | 'FileDesc' | 'IFSC' | 'RecvSlic' | 'Creator';

/** A packet ("Parity Volume Set Specification 2.0", "Packet header"). */
export function packet(type: PacketType, setId: Uint8Array, body: Uint8Array): Uint8Array {
  const signed = packed(setId, utf8(`PAR 2.0\0${type}`.padEnd(setIdBytes, '\0')), body);
  return packed(magic, [8, packetBytes(body.length)], md5(signed), signed);
}

/** Size of a packet. @param bodyBytes a multiple of 4 */
export const packetBytes = (bodyBytes: number): number => headerBytes + bodyBytes;

function wordAligned(bytes: Uint8Array): Uint8Array {
  const aligned = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  aligned.set(bytes);
  return aligned;
}
