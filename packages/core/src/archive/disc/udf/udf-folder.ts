import { HeaderBytes } from '../../header-bytes.js';
import { descriptorAt, longPlace, type UdfPlace, udfTags, udfText } from './udf-descriptor.js';

const fixedBytes = 38;
const deletedOrParent = 4 | 8;

/** An entry of a folder (ECMA-167 4/14.4): a name, and where the entry of the file is. */
export interface UdfName {
  readonly name: string;
  readonly place: UdfPlace;
}

/** The entries of a folder, without those that were deleted and the one of the folder above. What breaks off ends them. */
export function readUdfNames(folder: Uint8Array): { readonly names: readonly UdfName[]; readonly isWhole: boolean } {
  const bytes = new HeaderBytes(folder, 'udf');
  const names: UdfName[] = [];
  let at = 0;
  while (at + fixedBytes <= bytes.length) {
    if (descriptorAt(bytes, at) !== udfTags.fileIdentifier) return { names, isWhole: false };
    const nameLength = bytes.u8(at + 19);
    const nameAt = at + fixedBytes + bytes.u16(at + 36);
    if (nameAt + nameLength > bytes.length) return { names, isWhole: false };
    if ((bytes.u8(at + 18) & deletedOrParent) === 0)
      names.push({ name: udfText(bytes.part(nameAt, nameLength)), place: longPlace(bytes, at + 20) });
    at = (nameAt + nameLength + 3) & ~3;
  }
  return { names, isWhole: true };
}
