import { createHash } from 'node:crypto';

/** Every packet begins with it (PAR 2.0 specification, "Packet Header"). */
const magic = Buffer.from('PAR2\0PKT', 'latin1');
/** Magic, length, MD5 of what follows, set id, type. */
const headerBytes = 64;
/** What the MD5 of a packet is of begins here. */
const hashedFrom = 32;
/** Packets that name files are small: the main packet of a set of 65,000 files has 1 MiB. Longer ones are not looked at. */
const maxPacketBytes = 2 * 2 ** 20;
/** Bytes hashed for every byte read, at most: packets that overlap are there to keep their reader busy. */
const maxHashedPerByte = 4;

/** Types of packets that say something about files; the others are passed over. */
const types = {
  'PAR 2.0\0Main\0\0\0\0': 'main',
  'PAR 2.0\0FileDesc': 'file',
  'PAR 2.0\0UniFileN': 'unicode-name',
} as const;

/** A whole packet whose checksum is right. */
export interface Packet {
  readonly type: (typeof types)[keyof typeof types];
  /** Set it belongs to, in hexadecimal digits. */
  readonly setId: string;
  readonly body: Buffer;
}

/** Whether a file that begins like this is a PAR2 file. */
export function isPar2(head: Uint8Array): boolean {
  return head.length >= magic.length && magic.equals(head.subarray(0, magic.length));
}

/** The whole packets that say something about files, wherever they are: what is damaged between them is passed over. */
export function* packetsIn(bytes: Uint8Array): Generator<Packet> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let hashableBytes = maxHashedPerByte * bytes.length;
  for (let at = buffer.indexOf(magic); at !== -1; ) {
    const found = candidateAt(buffer, at);
    let next = at + magic.length;
    if (found && found.length <= hashableBytes) {
      hashableBytes -= found.length;
      const packet = verified(found);
      if (packet) {
        yield packet;
        next = at + found.length;
      }
    }
    at = buffer.indexOf(magic, next);
  }
}

/** What may be a packet of a known type. */
function candidateAt(buffer: Buffer, at: number): Buffer | undefined {
  if (at + headerBytes > buffer.length) return undefined;
  const length = Number(buffer.readBigUInt64LE(at + 8));
  if (length < headerBytes || length > maxPacketBytes || length % 4 !== 0) return undefined;
  const packet = buffer.subarray(at, at + length);
  return packet.length === length && typeOf(packet) ? packet : undefined;
}

function typeOf(packet: Buffer): Packet['type'] | undefined {
  const type = packet.toString('latin1', 48, headerBytes);
  return Object.hasOwn(types, type) ? types[type as keyof typeof types] : undefined;
}

function verified(packet: Buffer): Packet | undefined {
  const type = typeOf(packet);
  const hash = createHash('md5').update(packet.subarray(hashedFrom)).digest();
  if (type === undefined || !hash.equals(packet.subarray(16, hashedFrom))) return undefined;
  return { type, setId: packet.toString('hex', 32, 48), body: packet.subarray(headerBytes) };
}
