import { Buffer } from 'node:buffer';
import { packed } from '../byte-writer.js';
import { both16, both32, high32, sectorBytes } from './records.js';

/** What a volume descriptor says. */
export interface DescribedVolume {
  readonly isJoliet: boolean;
  readonly name: string;
  /** Sectors of the whole disc. */
  readonly sectors: number;
  readonly pathTable: { readonly bytes: number; readonly lowSector: number; readonly highSector: number };
  /** Record of the root folder. */
  readonly root: Uint8Array;
  readonly modifiedMs: number;
}

const identifier = Uint8Array.from([...Buffer.from('CD001'), 1]);
const descriptorType = { primary: 1, supplementary: 2, terminator: 255 };
/** Joliet, level 3: UTF-16, most significant byte first ("Joliet Specification", "SVD Escape Sequences Field"). */
const joliet = Uint8Array.of(0x25, 0x2f, 0x45);

/** A primary descriptor, or the supplementary one of Joliet (ECMA-119, 8.4 and 8.5). */
export function volumeDescriptor(volume: DescribedVolume): Uint8Array {
  const { isJoliet, sectors, pathTable, root, modifiedMs } = volume;
  const text = (value: string, bytes: number) => padded(isJoliet ? utf16(value) : Buffer.from(value), bytes, isJoliet);
  const name = isJoliet
    ? volume.name.slice(0, 16)
    : volume.name
        .toUpperCase()
        .replace(/[^A-Z0-9_]/g, '_')
        .slice(0, 32);
  const type = isJoliet ? descriptorType.supplementary : descriptorType.primary;
  return sector(
    ...[Uint8Array.of(type), identifier, Uint8Array.of(0), text('', 32), text(name, 32), new Uint8Array(8)],
    ...[both32(sectors), packed(isJoliet ? joliet : packed(), new Uint8Array(isJoliet ? 29 : 32))],
    ...[both16(1), both16(1), both16(sectorBytes), both32(pathTable.bytes)],
    ...[packed([4, pathTable.lowSector], [4, 0]), high32(pathTable.highSector), new Uint8Array(4), root],
    // Volume set, publisher, preparer, application; copyright, abstract and bibliography.
    ...[text('', 128), text('', 128), text('', 128), text('', 128), text('', 37), text('', 37), text('', 37)],
    ...[time(modifiedMs), time(modifiedMs), noTime, noTime, Uint8Array.of(1, 0)],
  );
}

/** The end of the descriptors (ECMA-119, 8.3). */
export const terminator = (): Uint8Array => sector(Uint8Array.of(descriptorType.terminator), identifier);

/** UTF-16, most significant byte first. */
export const utf16 = (text: string): Uint8Array => Buffer.from(text, 'utf16le').swap16();

const sector = (...fields: readonly Uint8Array[]) => padded(packed(...fields), sectorBytes, true);

/** Filled up with spaces, or with zeros. */
function padded(bytes: Uint8Array, length: number, withZeros: boolean): Uint8Array {
  const whole = new Uint8Array(length).fill(withZeros ? 0 : 0x20);
  whole.set(bytes);
  return whole;
}

const noTime = new Uint8Array([...Buffer.from('0'.repeat(16)), 0]);

/** Sixteen digits and the offset from UTC (ECMA-119, 8.4.26.1). */
const time = (ms: number): Uint8Array =>
  new Uint8Array([...Buffer.from(`${new Date(ms).toISOString().replace(/\D/g, '').slice(0, 14)}00`), 0]);
