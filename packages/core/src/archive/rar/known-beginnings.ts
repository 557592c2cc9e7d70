import { Buffer } from 'node:buffer';

/** How files begin that archives are made of, as patterns of hexadecimal digits. */
const beginnings = [
  '1a45dfa3', // Matroska
  '.{8}66747970', // MP4
  '52494646', // AVI, WAV
  '3026b275', // Windows Media
  '000001b', // MPEG
  '(?:.{8})?47', // MPEG transport stream, with or without time stamps
  '464c5601', // Flash video
  '4f676753', // Ogg
  '664c6143', // FLAC
  '494433', // MP3
  'fff[23ab]', // MP3 without a tag
  '526172211a07', // RAR
  '504b0304', // ZIP
  '377abcaf', // 7z
  '1f8b08', // gzip
  '425a68', // bzip2
  'fd377a58', // xz
  '25504446', // PDF
  'ffd8ff', // JPEG
  '89504e47', // PNG
  '4d5a', // programs of Windows
  '7f454c46', // programs of Linux
  '0{32}', // disc images
  '(?:09|0a|0d|[2-6].|7[0-9a-e])+$', // text
];

const pattern = new RegExp(`^(?:${beginnings.join('|')})`);

/**
 * Whether 16 bytes look like the beginning of a file that is often in archives. Of random bytes one in a hundred does: it
 * helps to choose between passwords where an archive tells nothing about them, and proves nothing.
 */
export function looksLikeFile(bytes: Uint8Array): boolean {
  return pattern.test(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex'));
}
