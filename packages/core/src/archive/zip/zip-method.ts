import { ArchiveUnsupportedError } from '../../errors/index.js';
import { unsupported } from '../header-bytes.js';
import type { ZipExtra } from './zip-extra.js';

const encryptedFlag = 1;
const strongFlag = 0x40;
const stored = 0;
const deflated = 8;
const aesMethod = 99;
/** Names of methods (APPNOTE 4.4.5). */
const methods: Readonly<Record<number, string>> = {
  1: 'shrinking',
  6: 'imploding',
  9: 'Deflate64',
  10: 'PKWARE imploding',
  12: 'bzip2',
  14: 'LZMA',
  16: 'CMPSC',
  18: 'TERSE',
  19: 'LZ77',
  20: 'zstd',
  93: 'zstd',
  94: 'MP3',
  95: 'xz',
  96: 'JPEG',
  97: 'WavPack',
  98: 'PPMd',
};

/** How a member is packed. */
export interface Packing {
  readonly flags: number;
  readonly method: number;
  readonly extra: ZipExtra;
}

/** Whether the bytes of a member are encrypted. */
export const isEncrypted = ({ flags }: Packing) => (flags & encryptedFlag) !== 0;

/** Whether the bytes of a member are packed as they are. */
export const isStored = ({ method }: Packing) => method === stored;

/** Why the bytes of a member cannot be read, going by how they are packed and encrypted. */
export const refusalOf = (entry: Packing) => encryptionOf(entry) ?? methodOf(entry);

function encryptionOf(entry: Packing): Error | undefined {
  if (!isEncrypted(entry)) return undefined;
  const { flags, method, extra } = entry;
  if (method === aesMethod || extra.aes !== undefined)
    return unsupported('zip', 'Members encrypted with AES (WinZip, counter mode) are not supported');
  if ((flags & strongFlag) !== 0)
    return unsupported('zip', "Members with PKWARE's strong encryption are not supported");
  return unsupported('zip', 'Members encrypted with ZipCrypto are not supported');
}

function methodOf({ method }: Packing): Error | undefined {
  if (method === stored || method === deflated) return undefined;
  const message = `Members packed with ${methods[method] ?? `method ${method}`} are not supported`;
  return new ArchiveUnsupportedError({ format: 'zip', reason: 'compressed', message });
}
