/** A file or folder on a made ISO 9660 disc. */
export interface MadeEntry {
  /** Its path by stored names. */
  readonly path: string;
  /** Absent for folders. */
  readonly data?: string | Uint8Array;
  /** Fields of Rock Ridge. */
  readonly fields?: readonly Buffer[];
  /** Fields that go on in another block. */
  readonly moreFields?: readonly Buffer[];
  /** Sizes of the extents it is in, but for the last. */
  readonly extents?: readonly number[];
  readonly flags?: number;
  readonly isInterleaved?: boolean;
}

/** How an ISO 9660 disc is made. */
export interface MadeIso {
  readonly entries: readonly MadeEntry[];
  /** Names by Joliet, as another set. */
  readonly joliet?: readonly MadeEntry[];
  readonly hasRockRidge?: boolean;
}

export const sectorBytes = 2048;
const firstFree = 24;

/** A field of Rock Ridge. */
export const bytesField = (name: string, ...bytes: readonly (Uint8Array | readonly number[])[]): Buffer => {
  const data = Buffer.concat(bytes.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.from(name), Buffer.from([4 + data.length, 1]), data]);
};
export const bothEndian = (value: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(value);
  bytes.writeUInt32BE(value, 4);
  return bytes;
};
export const nameField = (name: string) => bytesField('NM', [0], Buffer.from(name));

/** An image (ECMA-119), and the block of each folder. */
export function makeIso({ entries, joliet, hasRockRidge = false }: MadeIso): {
  bytes: Buffer;
  folders: Map<string, number>;
} {
  const image = new IsoImage(hasRockRidge);
  const folders = image.set(entries, (name) => Buffer.from(name, 'latin1'));
  const descriptors = [descriptor(1, folders.root)];
  if (joliet !== undefined) {
    const second = descriptor(2, image.set(joliet, (name) => Buffer.from(name, 'utf16le').swap16()).root);
    second.write('%/E', 88, 'latin1');
    descriptors.push(second);
  }
  descriptors.push(Buffer.from('\xffCD001\x01', 'latin1'));
  for (const [index, bytes] of descriptors.entries()) image.blocks.set(16 + index, bytes);
  return { bytes: image.bytes(), folders: folders.blocks };
}

function descriptor(type: number, root: Buffer): Buffer {
  const bytes = Buffer.alloc(sectorBytes);
  bytes.write(`${String.fromCharCode(type)}CD001\x01`, 'latin1');
  bytes.writeUInt16LE(sectorBytes, 128);
  root.copy(bytes, 156);
  return bytes;
}

class IsoImage {
  readonly blocks = new Map<number, Buffer>();
  readonly #hasRockRidge: boolean;
  #free = firstFree;

  constructor(hasRockRidge: boolean) {
    this.#hasRockRidge = hasRockRidge;
  }

  set(entries: readonly MadeEntry[], encode: (name: string) => Buffer): { root: Buffer; blocks: Map<string, number> } {
    const paths = ['', ...entries.filter(({ data }) => data === undefined).map(({ path }) => path)];
    // A folder of two sectors each, so that its place is known before its entries are.
    const blocks = new Map(paths.map((path) => [path, this.#take(2)]));
    const recordOf = (path: string, name: Buffer, ...fields: readonly Buffer[]) =>
      record({ name, block: blocks.get(path)!, size: 2 * sectorBytes, flags: 2, fields });
    for (const path of paths) {
      const sharing = this.#hasRockRidge && path === '' ? [bytesField('SP', [0xbe, 0xef, 0])] : [];
      const records = [recordOf(path, Buffer.from([0]), ...sharing), recordOf('', Buffer.from([1]))];
      for (const entry of entries) {
        if (entry.path.slice(0, Math.max(0, entry.path.lastIndexOf('/'))) !== path) continue;
        const name = encode(entry.path.slice(entry.path.lastIndexOf('/') + 1));
        if (entry.data === undefined && entry.flags === undefined)
          records.push(recordOf(entry.path, name, ...this.#fields(entry)));
        else records.push(...this.#file(entry, name));
      }
      this.blocks.set(blocks.get(path)!, inSectors(records));
    }
    return { root: recordOf('', Buffer.from([0])), blocks };
  }

  #file(entry: MadeEntry, name: Buffer): Buffer[] {
    const data = Buffer.from(entry.data ?? '');
    const records: Buffer[] = [];
    let from = 0;
    for (const size of [...(entry.extents ?? []), undefined]) {
      const part = data.subarray(from, size === undefined ? data.length : from + size);
      from += part.length;
      const block = this.#take(1 + Math.ceil(part.length / sectorBytes));
      this.blocks.set(block, part);
      const flags = (entry.flags ?? 0) | (size === undefined ? 0 : 0x80);
      const fields = this.#fields(entry);
      records.push(record({ name, block, size: part.length, flags, fields, isInterleaved: entry.isInterleaved }));
    }
    return records;
  }

  #fields({ fields = [], moreFields = [] }: MadeEntry): readonly Buffer[] {
    if (moreFields.length === 0) return fields;
    const block = this.#take(1);
    const more = Buffer.concat([Buffer.alloc(7, 0xee), ...moreFields]);
    this.blocks.set(block, more);
    return [...fields, bytesField('CE', bothEndian(block), bothEndian(7), bothEndian(more.length - 7))];
  }

  #take(count: number): number {
    this.#free += count;
    return this.#free - count;
  }

  bytes(): Buffer {
    const image = Buffer.alloc(this.#free * sectorBytes);
    for (const [block, bytes] of this.blocks) bytes.copy(image, block * sectorBytes);
    return image;
  }
}

interface MadeRecord {
  readonly name: Buffer;
  readonly block: number;
  readonly size: number;
  readonly flags: number;
  readonly fields: readonly Buffer[];
  readonly isInterleaved?: boolean | undefined;
}

/** A record of a folder (ECMA-119 9.1), changed on 1 June 2020 at noon, two hours east of Greenwich. */
function record({ name, block, size, flags, fields, isInterleaved = false }: MadeRecord): Buffer {
  const head = Buffer.concat([
    ...[Buffer.from([0, 0]), bothEndian(block), bothEndian(size), Buffer.from([120, 6, 1, 14, 0, 0, 8, flags])],
    ...[Buffer.from(isInterleaved ? [1, 1] : [0, 0]), Buffer.from([1, 0, 0, 1, name.length]), name],
    ...[Buffer.alloc(name.length % 2 === 0 ? 1 : 0), ...fields],
  ]);
  const bytes = Buffer.concat([head, Buffer.alloc(head.length % 2)]);
  bytes[0] = bytes.length;
  return bytes;
}

/** Records never cross a sector. */
function inSectors(records: readonly Buffer[]): Buffer {
  const bytes = Buffer.alloc(2 * sectorBytes);
  let at = 0;
  for (const one of records) {
    if (Math.floor(at / sectorBytes) !== Math.floor((at + one.length - 1) / sectorBytes)) at = sectorBytes;
    one.copy(bytes, at);
    at += one.length;
  }
  return bytes;
}
