import { ArchiveUnsupportedError } from '../../errors/index.js';
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

/** Whether the bytes of a member are encrypted. */
export const isEncrypted = ({ flags }: { readonly flags: number }) => (flags & encryptedFlag) !== 0;

/** Whether the bytes of a member are packed as they are. */
export const isStored = ({ method }: { readonly method: number }) => method === stored;

/** Why the bytes of members cannot be read. Members with the same reason share it, for there may be very many. */
export class ZipRefusals {
  readonly #known = new Map<string, ArchiveUnsupportedError>();

  /** Nothing when they can, going by how they are packed and encrypted. */
  of(flags: number, method: number, extra: ZipExtra): Error | undefined {
    if ((flags & encryptedFlag) !== 0) return this.#shared('feature', encryptionOf(flags, method, extra));
    if (method === stored || method === deflated) return undefined;
    return this.#shared('compressed', `Members packed with ${methods[method] ?? `method ${method}`}`);
  }

  #shared(reason: 'feature' | 'compressed', what: string): Error {
    const known = this.#known.get(what);
    if (known !== undefined) return known;
    const error = new ArchiveUnsupportedError({ format: 'zip', reason, message: `${what} are not supported` });
    this.#known.set(what, error);
    return error;
  }
}

function encryptionOf(flags: number, method: number, extra: ZipExtra): string {
  if (method === aesMethod || extra.aes !== undefined) return 'Members encrypted with AES (WinZip, counter mode)';
  return `Members encrypted with ${(flags & strongFlag) === 0 ? 'ZipCrypto' : "PKWARE's strong encryption"}`;
}
