/** A file on a made UDF disc. */
export interface MadeFile {
  readonly path: string;
  readonly data: Uint8Array | string;
  /** How its extents are given. */
  readonly form?: 'short' | 'long' | 'extended' | 'embedded';
  /** Largest extent in bytes, a multiple of the block size; other data lie between them. */
  readonly extentBytes?: number;
  /** Extents in a block before the list goes on in another. */
  readonly extentsPerList?: number;
  /** Whether its entry is reached by an indirect one. */
  readonly isIndirect?: boolean;
  /** Type of its extents: 1 and 2 are holes. */
  readonly extentType?: number;
  readonly fileType?: number;
}

/** How a UDF disc is made. */
export interface MadeUdf {
  readonly files: readonly MadeFile[];
  readonly blockBytes?: number;
  /** Whether folders and entries are in a metadata partition, in two pieces (UDF 2.50). */
  readonly hasMetadata?: boolean;
  /** Whether the first copy of the metadata file's entry is broken. */
  readonly usesMirror?: boolean;
  /** Where the anchor is. */
  readonly anchor?: 'front' | 'last' | 'before last';
  /** Whether entries have the extended form. */
  readonly isExtended?: boolean;
  /** Whether the main volume descriptors are broken, so that the reserve counts. */
  readonly usesReserve?: boolean;
  /** Another kind of partition map. */
  readonly mapName?: string;
}

const partitionBlock = 300;
const metadataStart = 10;
const metadataFirst = 6;
const metadataSecond = 80;
const metadataBlocks = 60;
const timestamp = Buffer.from([0x78, 0x10, 0xe4, 0x07, 9, 13, 14, 26, 40, 50, 0, 0]);

interface Place {
  readonly partition: number;
  readonly block: number;
}

/** An image of a UDF disc (ECMA-167, UDF 2.50), and the place of each block of it. */
export function makeUdf(how: MadeUdf): Buffer {
  return new UdfImage(how).bytes();
}

class UdfImage {
  readonly #how: MadeUdf;
  readonly #size: number;
  readonly #blocks = new Map<number, Buffer>();
  /** Next free block of each partition. */
  readonly #free = [200, 0];
  readonly #metadata: number;

  constructor(how: MadeUdf) {
    this.#how = how;
    this.#size = how.blockBytes ?? 2048;
    this.#metadata = how.hasMetadata ? 1 : 0;
  }

  bytes(): Buffer {
    const rootPlace = this.#new(this.#metadata);
    const fileSet = this.#new(this.#metadata);
    this.#folder('', rootPlace, rootPlace);
    const set = Buffer.alloc(512);
    this.#longPlace(rootPlace, this.#size).copy(set, 400);
    this.#put(fileSet, descriptor(256, fileSet.block, set));
    if (this.#how.hasMetadata) this.#metadataFile();
    this.#volume(fileSet);
    return this.#image();
  }

  #new(partition: number, count = 1): Place {
    const block = this.#free[partition]!;
    this.#free[partition] = block + count;
    return { partition, block };
  }

  #put({ partition, block }: Place, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += this.#size)
      this.#blocks.set(
        partitionBlock + this.#physical(partition, block + at / this.#size),
        Buffer.from(bytes.subarray(at, at + this.#size)),
      );
  }

  #physical(partition: number, block: number): number {
    if (partition === 0) return block;
    return block < metadataFirst ? metadataStart + block : metadataSecond + block - metadataFirst;
  }

  #longPlace({ partition, block }: Place, length: number, type = 0): Buffer {
    return pieces([4, length + type * 2 ** 30], [4, block], [2, partition], [2, 0], [4, 0]);
  }

  #folder(path: string, place: Place, parent: Place): void {
    const inside = this.#how.files.filter((file) => path === '' || file.path.startsWith(`${path}/`));
    const rest = (file: MadeFile) => file.path.slice(path === '' ? 0 : path.length + 1);
    const names = [...new Set(inside.map((file) => rest(file).split('/')[0]!))];
    const entries = [this.#name('', parent, 10)];
    for (const name of names) {
      const full = path === '' ? name : `${path}/${name}`;
      const file = inside.find((candidate) => candidate.path === full);
      const at = this.#new(this.#metadata);
      if (file === undefined) this.#folder(full, at, place);
      else this.#file(file, at);
      entries.push(this.#name(name, at, file === undefined ? 2 : 0));
    }
    const data = Buffer.concat(entries);
    const start = this.#new(this.#metadata, Math.ceil(data.length / this.#size));
    this.#put(start, data);
    this.#put(place, this.#entry(place, 4, data.length, 0, pieces([4, data.length], [4, start.block])));
  }

  #name(name: string, place: Place, flags: number): Buffer {
    const text = udfName(name);
    const body = Buffer.concat([
      pieces([2, 1], [1, flags], [1, text.length]),
      this.#longPlace(place, this.#size),
      pieces([2, 0]),
      text,
    ]);
    const bytes = Buffer.alloc(Math.ceil((16 + body.length) / 4) * 4);
    body.copy(bytes, 16);
    return descriptor(257, place.block, bytes);
  }

  #file(file: MadeFile, place: Place): void {
    const data = Buffer.from(file.data);
    const type = file.fileType ?? 5;
    let at = place;
    if (file.isIndirect) {
      at = this.#new(this.#metadata);
      const indirect = Buffer.alloc(52);
      this.#longPlace(at, this.#size).copy(indirect, 36);
      this.#put(place, descriptor(248, place.block, indirect));
    }
    if (file.form === 'embedded') {
      this.#put(at, this.#entry(at, type, data.length, 3, data));
      return;
    }
    const form = { short: 0, long: 1, extended: 2 }[file.form ?? 'long'];
    const extents: Buffer[] = [];
    const most = file.extentBytes ?? 2 ** 20;
    for (let from = 0; from < data.length; from += most) {
      const part = data.subarray(from, from + most);
      const start = this.#new(0, Math.ceil(part.length / this.#size) + (file.extentBytes === undefined ? 0 : 1));
      this.#put(start, part);
      extents.push(this.#extent(form, start, part.length, file.extentType ?? 0));
    }
    this.#put(at, this.#entry(at, type, data.length, form, this.#list(extents, form, file.extentsPerList ?? 50)));
  }

  #extent(form: number, place: Place, length: number, type: number): Buffer {
    if (form === 0) return pieces([4, length + type * 2 ** 30], [4, place.block]);
    if (form === 1) return this.#longPlace(place, length, type);
    return pieces(
      [4, length + type * 2 ** 30],
      [4, length],
      [4, length],
      [4, place.block],
      [2, place.partition],
      [2, 0],
    );
  }

  #list(extents: readonly Buffer[], form: number, most: number): Buffer {
    if (extents.length <= most) return Buffer.concat(extents);
    const rest = this.#list(extents.slice(most), form, most);
    const next = this.#new(form === 0 ? this.#metadata : 0);
    const header = Buffer.concat([Buffer.alloc(16), pieces([4, 0], [4, rest.length]), rest]);
    this.#put(next, descriptor(258, next.block, header));
    return Buffer.concat([...extents.slice(0, most), this.#extent(form, next, this.#size, 3)]);
  }

  #entry(place: Place, type: number, size: number, form: number, list: Uint8Array): Buffer {
    const isExtended = this.#how.isExtended ?? false;
    const lengthsAt = isExtended ? 208 : 168;
    const bytes = Buffer.alloc(lengthsAt + 8 + list.length);
    pieces([4, 0], [2, 4], [2, 0], [2, 1], [1, 0], [1, type], [4, 0], [2, 0], [2, form]).copy(bytes, 16);
    pieces([2, 0], [2, 0], [2, 0], [4, 0x14a5], [2, 1]).copy(bytes, 36 + 4);
    pieces([8, size]).copy(bytes, 56);
    timestamp.copy(bytes, isExtended ? 92 : 84);
    pieces([4, 0], [4, list.length]).copy(bytes, lengthsAt);
    bytes.set(list, lengthsAt + 8);
    return descriptor(isExtended ? 266 : 261, place.block, bytes);
  }

  #metadataFile(): void {
    const first = metadataFirst * this.#size;
    const second = (metadataBlocks - metadataFirst) * this.#size;
    const list = pieces([4, first], [4, metadataStart], [4, second], [4, metadataSecond]);
    for (const [index, type] of [250, 251].entries()) {
      const entry = this.#entry({ partition: 0, block: index }, type, first + second, 0, list);
      if (index === 0 && this.#how.usesMirror) entry.fill(0);
      this.#put({ partition: 0, block: index }, entry);
    }
  }

  #volume(fileSet: Place): void {
    const partition = Buffer.alloc(512);
    pieces([4, 1], [2, 1], [2, 0]).copy(partition, 16);
    partition.write('+NSR03', 25, 'latin1');
    pieces([4, 4], [4, partitionBlock], [4, 100_000]).copy(partition, 184);
    const maps = [pieces([1, 1], [1, 6], [2, 1], [2, 0])];
    if (this.#how.hasMetadata)
      maps.push(typedMap('*UDF Metadata Partition', pieces([4, 0], [4, 1], [4, 2 ** 32 - 1], [4, 32], [2, 32])));
    if (this.#how.mapName !== undefined)
      maps[0] = typedMap(this.#how.mapName, pieces([2, 32], [1, 1], [1, 0], [4, 512], [4, 280]));
    const table = Buffer.concat(maps);
    const logical = Buffer.alloc(440 + table.length);
    pieces([4, 2]).copy(logical, 16);
    pieces([4, this.#size], [1, 0]).copy(logical, 212);
    logical.write('*OSTA UDF Compliant', 217, 'latin1');
    pieces([2, 0x0250]).copy(logical, 240);
    this.#longPlace(fileSet, this.#size).copy(logical, 248);
    pieces([4, table.length], [4, maps.length]).copy(logical, 264);
    table.copy(logical, 440);
    for (const start of [32, 64]) {
      if (start === 32 && this.#how.usesReserve) continue;
      this.#blocks.set(start, descriptor(5, start, partition));
      this.#blocks.set(start + 1, descriptor(6, start + 1, logical));
      this.#blocks.set(start + 2, descriptor(8, start + 2, Buffer.alloc(512)));
    }
  }

  #image(): Buffer {
    const count = Math.max(...this.#blocks.keys(), 600) + 300;
    const anchorBlock = { front: 256, last: count - 1, 'before last': count - 257 }[this.#how.anchor ?? 'front'];
    const anchor = Buffer.alloc(512);
    pieces([4, 16 * this.#size], [4, 32], [4, 16 * this.#size], [4, 64]).copy(anchor, 16);
    this.#blocks.set(anchorBlock, descriptor(2, anchorBlock, anchor));
    const image = Buffer.alloc(count * this.#size);
    for (const [block, bytes] of this.#blocks) bytes.copy(image, block * this.#size);
    for (const [index, name] of ['BEA01', 'NSR03', 'TEA01'].entries())
      image.write(`\0${name}\x01`, 32_768 + index * 2048, 'latin1');
    return image;
  }
}

function typedMap(name: string, more: Buffer): Buffer {
  const map = Buffer.alloc(64);
  pieces([1, 2], [1, 64]).copy(map);
  map.write(name, 5, 'latin1');
  pieces([2, 0x0250]).copy(map, 28);
  pieces([2, 1], [2, 0]).copy(map, 36);
  more.copy(map, 40);
  return map;
}

/** A descriptor with its tag (ECMA-167 3/7.2) in front, in the 16 bytes left for it. */
function descriptor(id: number, location: number, bytes: Buffer): Buffer {
  const body = bytes.subarray(16);
  pieces([2, id], [2, 3], [1, 0], [1, 0], [2, 0], [2, crc16(body)], [2, body.length], [4, location]).copy(bytes);
  bytes[4] = bytes.subarray(0, 16).reduce((sum, byte) => sum + byte, 0) & 255;
  return bytes;
}

function udfName(name: string): Buffer {
  if (name === '') return Buffer.alloc(0);
  if (/^[\0-\xff]*$/.test(name)) return Buffer.concat([Buffer.from([8]), Buffer.from(name, 'latin1')]);
  return Buffer.concat([Buffer.from([16]), Buffer.from(name, 'utf16le').swap16()]);
}

/** Little-endian numbers, each with its length in bytes. */
function pieces(...numbers: readonly (readonly [length: number, value: number])[]): Buffer {
  return Buffer.concat(
    numbers.map(([length, value]) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64LE(BigInt(value));
      return bytes.subarray(0, length);
    }),
  );
}

/** ECMA-167 1/7.2.6. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc;
}
