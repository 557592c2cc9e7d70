import { crc32, deflateRawSync } from 'node:zlib';

/** A member of a made ZIP. */
export interface MadeMember {
  readonly name: string | Uint8Array;
  readonly data?: Uint8Array | string;
  readonly method?: number;
  readonly flags?: number;
  readonly madeOn?: number;
  readonly attributes?: number;
  readonly dosTime?: number;
  /** Extra fields in the central directory, and in the local header. */
  readonly extra?: Uint8Array;
  readonly localExtra?: Uint8Array;
  /** A data descriptor of so many bytes behind the data. */
  readonly descriptorBytes?: number;
  /** Whether its sizes and its place are in a ZIP64 field. */
  readonly isLong?: boolean;
  /** What lies behind it and belongs to nothing. */
  readonly slackBytes?: number;
}

/** How a ZIP is made. */
export interface MadeZip {
  readonly members: readonly MadeMember[];
  /** In front of the archive; whether the places in it count from the front of that. */
  readonly prefix?: Uint8Array;
  readonly countsPrefix?: boolean;
  readonly comment?: Uint8Array;
  readonly behind?: Uint8Array;
  readonly isLong?: boolean;
  /** Where parts end, by the count of members in them: the places count from the beginning of a part. */
  readonly partsAfter?: readonly number[];
}

/** An extra field. */
export const field = (id: number, data: Uint8Array) => Buffer.concat([u16(id), u16(data.length), data]);
export const u16 = (value: number) => Buffer.from([value & 255, (value >> 8) & 255]);
export const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
};
export const u64 = (value: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};

/** A ZIP by PKWARE's APPNOTE 4.3, and the sizes of its parts. */
export function makeZipParts({ members, isLong = false, ...zip }: MadeZip): { bytes: Buffer; partSizes: number[] } {
  const { prefix = Buffer.alloc(0), countsPrefix = false, comment = Buffer.alloc(0), behind = Buffer.alloc(0) } = zip;
  const pieces: Uint8Array[] = [prefix];
  const central: Uint8Array[] = [];
  const partSizes: number[] = [];
  let at = countsPrefix ? prefix.length : 0;
  let disk = 0;
  members.forEach((member, index) => {
    const made = makeMember(member, at, disk);
    pieces.push(made.local);
    central.push(made.central);
    at += made.local.length;
    if (zip.partsAfter?.includes(index + 1)) {
      partSizes.push(at);
      at = 0;
      disk++;
    }
  });
  const directory = Buffer.concat(central);
  const count = members.length;
  pieces.push(directory);
  if (isLong) {
    pieces.push(u32(0x06064b50), u64(44), u16(45), u16(45), u32(disk), u32(disk), u64(count), u64(count));
    pieces.push(u64(directory.length), u64(at), u32(0x07064b50), u32(disk), u64(at + directory.length), u32(disk + 1));
  }
  pieces.push(u32(0x06054b50), u16(disk), u16(disk), u16(isLong ? 0xffff : count), u16(isLong ? 0xffff : count));
  pieces.push(u32(isLong ? 0xffffffff : directory.length), u32(isLong ? 0xffffffff : at), u16(comment.length));
  const bytes = Buffer.concat([...pieces, comment, behind]);
  partSizes.push(bytes.length - partSizes.reduce((sum, size) => sum + size, 0));
  return { bytes, partSizes };
}

/** A ZIP. */
export const makeZip = (zip: MadeZip): Buffer => makeZipParts(zip).bytes;

function makeMember(member: MadeMember, offset: number, disk: number): { local: Buffer; central: Buffer } {
  const { method = 0, madeOn = 3, attributes = 0, dosTime = 0x5a216000, isLong = false, descriptorBytes = 0 } = member;
  const data = Buffer.from(member.data ?? '');
  const name = Buffer.from(member.name);
  const packed = method === 8 ? deflateRawSync(data) : data;
  const flags = (member.flags ?? 0) | (descriptorBytes > 0 ? 8 : 0);
  const sum = u32(crc32(data));
  const sizes = isLong ? [u32(0xffffffff), u32(0xffffffff)] : [u32(packed.length), u32(data.length)];
  const common = [u16(45), u16(flags), u16(method), u32(dosTime)];
  const long = (...more: Uint8Array[]) => field(1, Buffer.concat([u64(data.length), u64(packed.length), ...more]));
  const localExtra = Buffer.concat([
    isLong ? long() : Buffer.alloc(0),
    member.localExtra ?? member.extra ?? Buffer.alloc(0),
  ]);
  const extra = Buffer.concat([
    isLong ? long(u64(offset), u32(disk)) : Buffer.alloc(0),
    member.extra ?? Buffer.alloc(0),
  ]);
  const local = Buffer.concat([
    ...[u32(0x04034b50), ...common, ...(descriptorBytes > 0 ? [u32(0), u32(0), u32(0)] : [sum, ...sizes])],
    ...[u16(name.length), u16(localExtra.length), name, localExtra, packed],
    ...[descriptor(descriptorBytes, sum, packed.length, data.length), Buffer.alloc(member.slackBytes ?? 0, 0xee)],
  ]);
  const central = Buffer.concat([
    ...[u32(0x02014b50), u16(45 | (madeOn << 8)), ...common, sum, ...sizes, u16(name.length), u16(extra.length)],
    ...[u16(0), u16(isLong ? 0xffff : disk), u16(0), u32(attributes), u32(isLong ? 0xffffffff : offset), name, extra],
  ]);
  return { local, central };
}

/** A data descriptor of 12, 16, 20 or 24 bytes: with 64-bit sizes from 20 on, with a signature when 16 or 24. */
function descriptor(length: number, sum: Buffer, packedSize: number, size: number): Buffer {
  if (length === 0) return Buffer.alloc(0);
  const sizes = length >= 20 ? [u64(packedSize), u64(size)] : [u32(packedSize), u32(size)];
  return Buffer.concat([length % 8 === 0 ? u32(0x08074b50) : Buffer.alloc(0), sum, ...sizes]);
}
