import type { RequestOptions } from '../../model/common.js';
import type { ArchiveInput } from '../archive.js';
import { HeaderBytes } from '../header-bytes.js';

/** Where the descriptions of a disc begin: 16 sectors are left to the system (ECMA-119 6.2.1, ECMA-167 2/8.1). */
export const descriptionStart = 32 * 1024;
/** Sectors of optical discs, and the steps of descriptions on all media. */
export const sectorBytes = 2048;
/** More descriptions than that are not looked at. */
const mostSectors = 32;

/** What the first descriptions on a disc say that it holds. */
export interface Recognition {
  /** The descriptions, a sector each. */
  readonly sectors: readonly HeaderBytes[];
  readonly hasIso: boolean;
  readonly hasUdf: boolean;
}

/** Reads the descriptions at the beginning of a disc, at once. */
export async function recognise(input: ArchiveInput, options: RequestOptions): Promise<Recognition> {
  const sectors: HeaderBytes[] = [];
  if (input.size < descriptionStart + sectorBytes) return { sectors, hasIso: false, hasUdf: false };
  const bytes = await input.read(descriptionStart, mostSectors * sectorBytes, options);
  for (let at = 0; at + sectorBytes <= bytes.length; at += sectorBytes)
    sectors.push(new HeaderBytes(bytes.subarray(at, at + sectorBytes), 'iso'));
  const names = sectors.map(standardOf);
  return {
    sectors,
    hasIso: names[0] === 'CD001',
    hasUdf: names.includes('NSR02') || names.includes('NSR03'),
  };
}

/** The standard a description names (ECMA-167 2/9.1.2). */
export const standardOf = ({ bytes }: HeaderBytes) => Buffer.from(bytes.subarray(1, 6)).toString('latin1');
