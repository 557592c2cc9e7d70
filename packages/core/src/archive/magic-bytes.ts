/** What files of a kind begin with: an extension, and bytes (as Latin-1) at places. */
type Magic = readonly [extension: string, ...marks: (readonly [at: number, bytes: string])[]];

/** The first that fits counts. From the specifications of the formats, and the `magic` files of `file(1)`. */
const table: readonly Magic[] = [
  ['rar', [0, 'Rar!\x1a\x07']],
  ['7z', [0, '7z\xbc\xaf\x27\x1c']],
  ['par2', [0, 'PAR2\0PKT']],
  ['epub', [0, 'PK\x03\x04'], [30, 'mimetypeapplication/epub+zip']],
  ['zip', [0, 'PK\x03\x04']],
  ['zip', [0, 'PK\x05\x06']],
  ['zip', [0, 'PK\x07\x08PK']],
  ['avi', [0, 'RIFF'], [8, 'AVI ']],
  ['wav', [0, 'RIFF'], [8, 'WAVE']],
  ['wav', [0, 'RF64'], [8, 'WAVE']],
  ['webp', [0, 'RIFF'], [8, 'WEBP']],
  ['aiff', [0, 'FORM'], [8, 'AIF']],
  ['flv', [0, 'FLV\x01']],
  ['wmv', [0, '\x30\x26\xb2\x75\x8e\x66\xcf\x11']],
  ['rm', [0, '.RMF\0']],
  ['mpg', [0, '\0\0\x01\xba']],
  ['mpg', [0, '\0\0\x01\xb3']],
  ['flac', [0, 'fLaC']],
  ['opus', [0, 'OggS'], [28, 'OpusHead']],
  ['ogv', [0, 'OggS'], [28, '\x80theora']],
  ['ogg', [0, 'OggS']],
  ['mp3', [0, 'ID3\x02']],
  ['mp3', [0, 'ID3\x03']],
  ['mp3', [0, 'ID3\x04']],
  ['ape', [0, 'MAC '], [5, '\x0f']],
  ['wv', [0, 'wvpk']],
  ['dsf', [0, 'DSD ']],
  ['dts', [0, '\x7f\xfe\x80\x01']],
  ['mid', [0, 'MThd\0\0\0\x06']],
  ['jpg', [0, '\xff\xd8\xff']],
  ['png', [0, '\x89PNG\r\n\x1a\n']],
  ['gif', [0, 'GIF87a']],
  ['gif', [0, 'GIF89a']],
  ['tif', [0, 'II*\0']],
  ['tif', [0, 'MM\0*']],
  ['psd', [0, '8BPS\0\x01']],
  ['bmp', [0, 'BM'], [6, '\0\0\0\0'], [15, '\0\0\0']],
  ['pdf', [0, '%PDF-']],
  ['djvu', [0, 'AT&TFORM']],
  ['mobi', [60, 'BOOKMOBI']],
  ['chm', [0, 'ITSF\x03\0\0\0']],
  ['doc', [0, '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1']],
  ['gz', [0, '\x1f\x8b\x08']],
  ['xz', [0, '\xfd7zXZ\0']],
  ['bz2', [0, 'BZh'], [4, '1AY&SY']],
  ['zst', [0, '\x28\xb5\x2f\xfd']],
  ['lz4', [0, '\x04\x22\x4d\x18']],
  ['cab', [0, 'MSCF\0\0\0\0']],
  ['lzh', [2, '-lh'], [6, '-']],
  ['ace', [7, '**ACE**']],
  ['sqlite', [0, 'SQLite format 3\0']],
  ['vhdx', [0, 'vhdxfile']],
  ['vmdk', [0, 'KDMV']],
  ['wim', [0, 'MSWIM\0\0\0']],
  ['iso', [32_769, 'CD001']],
  ['iso', [32_769, 'BEA01']],
];

/** What the first bytes of a file are by a mark at a fixed place. */
export function extensionByMagic(head: Uint8Array): string | undefined {
  return table.find(([, ...marks]) => marks.every(([at, bytes]) => hasBytes(head, at, bytes)))?.[0];
}

/** Whether bytes, given as Latin-1, are at a place. */
export function hasBytes(head: Uint8Array, at: number, bytes: string): boolean {
  if (at + bytes.length > head.length) return false;
  for (let index = 0; index < bytes.length; index++) if (head[at + index] !== bytes.charCodeAt(index)) return false;
  return true;
}
