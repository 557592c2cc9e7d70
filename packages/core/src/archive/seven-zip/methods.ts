import type { Codec } from '../codec/codec.js';

/** Methods by their ids (7-Zip's "Methods.txt"), as they are named to people. */
const names: Readonly<Record<string, string>> = {
  '00': 'Copy',
  '03': 'Delta',
  '04': 'BCJ x86',
  '05': 'PPC',
  '06': 'IA64',
  '07': 'ARM',
  '08': 'ARMT',
  '09': 'SPARC',
  '0a': 'ARM64',
  '0b': 'RISC-V',
  '21': 'LZMA2',
  '030101': 'LZMA',
  '03030103': 'BCJ x86',
  '0303011b': 'BCJ2',
  '03030205': 'PPC',
  '03030401': 'IA64',
  '03030501': 'ARM',
  '03030701': 'ARMT',
  '03030805': 'SPARC',
  '030401': 'PPMd',
  '040108': 'Deflate',
  '040109': 'Deflate64',
  '040202': 'BZip2',
  '04f71101': 'Zstandard',
  '04f71102': 'Brotli',
  '04f71104': 'LZ4',
  '04f71105': 'LZ5',
  '04f71106': 'Lizard',
  '06f10701': 'AES-256',
};

/** Ids of methods that are more than codecs. */
export const methodId = { copy: '00', aes: '06f10701', lzma: '030101', lzma2: '21' } as const;

/** Methods that are unpacked, as codecs. */
const codecs: Readonly<Record<string, Codec['method']>> = {
  [methodId.lzma]: 'lzma',
  [methodId.lzma2]: 'lzma2',
  '040108': 'deflate',
};

/** The codec of a method; `undefined` when nothing here unpacks it. */
export const codecOf = (method: string): Codec['method'] | undefined => codecs[method];

/** What a method is called. */
export const methodName = (method: string): string => names[method] ?? `method ${method || '(none)'}`;
