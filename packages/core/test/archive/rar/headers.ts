import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type Field, packed, utf8 } from '../../../src/testing/release/archive/byte-writer.js';
import {
  block,
  blockType,
  extraRecord,
  headerFlag,
  vint,
} from '../../../src/testing/release/archive/rar/rar5-block.js';

export const signature4 = Buffer.from('526172211a0700', 'hex');
export const signature5 = Buffer.from('526172211a070100', 'hex');

/** A block of RAR 4. */
export function block4(type: number, flags: number, ...fields: readonly Field[]): Buffer {
  const body = packed(...fields);
  const header = packed([1, type], [2, flags], [2, 7 + body.length], body);
  return Buffer.from(packed([2, crc32(header) & 0xffff], header));
}

export const main4 = (flags = 0) => block4(0x73, flags, [2, 0], [4, 0]);
export const end4 = (flags = 0, ...fields: readonly Field[]) => block4(0x7b, 0x4000 | flags, ...fields);

/** What a file header of RAR 4 says. */
export interface File4 {
  readonly name: string | Uint8Array;
  readonly data?: Uint8Array;
  readonly size?: number;
  readonly packedBytes?: number;
  readonly flags?: number;
  readonly system?: number;
  readonly attributes?: number;
  readonly time?: number;
  readonly version?: number;
  readonly method?: number;
  readonly type?: number;
  /** Behind the attributes: the high halves of sizes. */
  readonly high?: readonly Field[];
  /** Behind the name: salt, times. */
  readonly tail?: Uint8Array;
}

/** A file header of RAR 4, its data behind it. */
export function file4(file: File4): Buffer {
  const { data = new Uint8Array(), tail = new Uint8Array(), high = [] } = file;
  const name = typeof file.name === 'string' ? utf8(file.name) : file.name;
  const header = block4(
    file.type ?? 0x74,
    0x8000 | (file.flags ?? 0),
    [4, file.packedBytes ?? data.length],
    [4, file.size ?? data.length],
    [1, file.system ?? 3],
    [4, crc32(data)],
    [4, file.time ?? 0x5a5c645c],
    [1, file.version ?? 29],
    [1, file.method ?? 0x30],
    [2, name.length],
    [4, file.attributes ?? 0o100644],
    ...high,
    name,
    tail,
  );
  return Buffer.concat([header, data]);
}

export const archive4 = (...blocks: readonly Uint8Array[]) => Buffer.concat([signature4, main4(), ...blocks, end4()]);

/** What a file header of RAR 5 says. */
export interface File5 {
  readonly name: string | Uint8Array;
  readonly data?: Uint8Array;
  readonly size?: number;
  readonly packedBytes?: number;
  readonly flags?: number;
  readonly fileFlags?: number;
  readonly information?: number;
  readonly records?: readonly Uint8Array[];
  readonly type?: number;
}

/** A file header of RAR 5, its data behind it. */
export function file5(file: File5): Buffer {
  const { data = new Uint8Array(), records = [], fileFlags = 0 } = file;
  const name = typeof file.name === 'string' ? utf8(file.name) : file.name;
  const extra = Buffer.concat(records);
  const header = block(
    file.type ?? blockType.file,
    headerFlag.extraArea | headerFlag.dataArea | (file.flags ?? 0),
    vint(extra.length),
    vint(file.packedBytes ?? data.length),
    vint(fileFlags),
    vint(file.size ?? data.length),
    vint(0o100644),
    ...(fileFlags & 2 ? [packed([4, 1_700_000_000])] : []),
    ...(fileFlags & 4 ? [packed([4, crc32(data)])] : []),
    vint(file.information ?? 0),
    vint(1),
    vint(name.length),
    name,
    extra,
  );
  return Buffer.concat([header, data]);
}

export const main5 = (flags = 0, ...fields: readonly Uint8Array[]) => block(blockType.main, 0, vint(flags), ...fields);
export const end5 = (flags = 0) => block(blockType.end, 0, vint(flags));
export const archive5 = (...blocks: readonly Uint8Array[]) => Buffer.concat([signature5, main5(), ...blocks, end5()]);

/** A record that points to another path. */
export const redirection = (type: number, path: string, flags = 0) => {
  const bytes = utf8(path);
  return extraRecord(5, vint(type), vint(flags), vint(bytes.length), bytes);
};

/** A check value with its sum. */
export const checked = (check: Uint8Array) =>
  Buffer.concat([check, createHash('sha256').update(check).digest().subarray(0, 4)]);

/** A number of variable length as RAR itself often writes it: with zeros up to a size. */
export function paddedVint(value: number, bytes: number): Buffer {
  const out = Buffer.alloc(bytes);
  for (let at = 0, left = value; at < bytes; at++, left = Math.floor(left / 128))
    out[at] = (left % 128) | (at < bytes - 1 ? 0x80 : 0);
  return out;
}
