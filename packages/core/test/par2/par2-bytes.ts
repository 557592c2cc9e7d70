import { createHash } from 'node:crypto';

const md5 = (...parts: (Uint8Array | string)[]) => {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

const padded = (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);

/** A packet as the PAR 2.0 specification lays it out. */
export function packet(type: string, setId: Uint8Array, body: Uint8Array): Buffer {
  const rest = Buffer.concat([setId, Buffer.from(`PAR 2.0\0${type}`.padEnd(16, '\0'), 'latin1'), padded(body)]);
  const head = Buffer.alloc(16);
  head.write('PAR2\0PKT', 'latin1');
  head.writeBigUInt64LE(BigInt(32 + rest.length), 8);
  return Buffer.concat([head, md5(rest), rest]);
}

/** A file that is protected. */
export interface Protected {
  readonly name: string | Uint8Array;
  readonly bytes: Uint8Array;
  readonly unicodeName?: string;
}

/** What describes files: a main packet, and packets for each of them. */
export function par2Packets(files: readonly Protected[], sliceBytes = 4096): Buffer[] {
  const described = files.map(({ name, bytes, unicodeName }) => {
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(bytes.length));
    const md5of16k = md5(bytes.subarray(0, 16_384));
    const nameBytes = Buffer.from(name as string);
    const id = md5(md5of16k, size, nameBytes);
    return { id, body: Buffer.concat([id, md5(bytes), md5of16k, size, nameBytes]), unicodeName };
  });
  const main = Buffer.alloc(12);
  main.writeBigUInt64LE(BigInt(sliceBytes));
  main.writeUInt32LE(files.length, 8);
  const mainBody = Buffer.concat([main, ...described.map(({ id }) => id).sort(Buffer.compare)]);
  const setId = md5(mainBody);
  return [
    packet('Main', setId, mainBody),
    ...described.map(({ body }) => packet('FileDesc', setId, body)),
    ...described
      .filter(({ unicodeName }) => unicodeName !== undefined)
      .map(({ id, unicodeName }) =>
        packet('UniFileN', setId, Buffer.concat([id, Buffer.from(unicodeName as string, 'utf16le')])),
      ),
    packet('Creator', setId, Buffer.from('a test')),
  ];
}
