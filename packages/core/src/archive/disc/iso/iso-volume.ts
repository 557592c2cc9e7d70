import type { HeaderBytes } from '../../header-bytes.js';
import { damaged } from '../../refusals.js';
import { type Recognition, standardOf } from '../recognition.js';
import { type IsoRecord, readIsoRecord } from './iso-record.js';

/** A set of folders and names on an ISO 9660 disc. */
export interface IsoVolume {
  readonly root: IsoRecord;
  readonly blockBytes: number;
  /** Whether names are Unicode (Joliet). */
  readonly isJoliet: boolean;
}

const rootAt = 156;
const escapesAt = 88;

/** The sets there are: Joliet's in front of the primary one. @throws ArchiveUnsupportedError when there is neither */
export function findIsoVolumes({ sectors }: Recognition): readonly [IsoVolume, ...IsoVolume[]] {
  let joliet: IsoVolume | undefined;
  let primary: IsoVolume | undefined;
  for (const sector of sectors) {
    const type = sector.u8(0);
    if (standardOf(sector) !== 'CD001' || type === 255) break;
    if (type === 2 && isJoliet(sector)) joliet ??= volumeOf(sector, true);
    if (type === 1) primary ??= volumeOf(sector, false);
  }
  if (joliet !== undefined) return primary === undefined ? [joliet] : [joliet, primary];
  if (primary === undefined) throw damaged('iso', 'There is no primary volume descriptor');
  return [primary];
}

/** UCS-2 at one of three levels, by its escape sequence (Joliet Specification 1). */
function isJoliet(sector: HeaderBytes): boolean {
  const [first, second, third = 0] = sector.part(escapesAt, 3);
  return first === 0x25 && second === 0x2f && [0x40, 0x43, 0x45].includes(third);
}

function volumeOf(sector: HeaderBytes, isUnicode: boolean): IsoVolume {
  const blockBytes = sector.u16(128);
  if (![512, 1024, 2048].includes(blockBytes)) throw damaged('iso', `Blocks of ${blockBytes} bytes are not possible`);
  return { root: readIsoRecord(sector, rootAt, 0, blockBytes), blockBytes, isJoliet: isUnicode };
}
