import { extensionByMagic, hasBytes } from './magic-bytes.js';
import { tarSignature } from './tar/read-tar.js';
import { textKind } from './text-kind.js';
import { zipSignature } from './zip/read-zip.js';

/**
 * What a file may be opened as, or is for. `maybe-disc`: the image of a disc shows 32 KiB behind its beginning whether it is
 * one, so that somebody has to look there.
 */
export type DetectedFormat = 'rar4' | 'rar5' | '7z' | 'zip' | 'tar' | 'par2' | 'maybe-disc';

/** Whatever is on a disc begins behind this. */
const systemAreaBytes = 32 * 1024;
/** Zeros so far count as an empty system area. */
const leastZeros = 512;
const discName = /\.(?:iso|img|udf)$/i;

/** Brands of ISO base media files that have an extension of their own. */
const brands: Readonly<Record<string, string>> = {
  'qt  ': 'mov',
  'M4A ': 'm4a',
  'M4B ': 'm4b',
  'M4V ': 'm4v',
  avif: 'avif',
  heic: 'heic',
  heix: 'heic',
  mif1: 'heic',
};

/**
 * What the first bytes of a file say that it can be opened as.
 * @param head as many as there are at hand: 512 for a tar
 * @param name a hint, where the first bytes say nothing
 */
export function detect(head: Uint8Array, name: string): DetectedFormat | undefined {
  if (hasBytes(head, 0, 'Rar!\x1a\x07\0')) return 'rar4';
  if (hasBytes(head, 0, 'Rar!\x1a\x07\x01\0')) return 'rar5';
  if (hasBytes(head, 0, '7z\xbc\xaf\x27\x1c')) return '7z';
  if (hasBytes(head, 0, 'PAR2\0PKT')) return 'par2';
  if (zipSignature(head)) return 'zip';
  if (tarSignature(head)) return 'tar';
  return discName.test(name) || isEmptySystemArea(head) || extensionByMagic(head) === 'iso' ? 'maybe-disc' : undefined;
}

/**
 * The extension a file should have, going by its first bytes: for files whose names say nothing. Archives and discs are told
 * as well. Some 4 KiB are enough; with fewer, kinds that repeat a mark (`ts`, `mp3`) are not found.
 */
export function extensionOf(head: Uint8Array): string | undefined {
  return (
    matroska(head) ??
    isoMedia(head) ??
    extensionByMagic(head) ??
    transportStream(head) ??
    audioFrames(head) ??
    program(head) ??
    (tarSignature(head) ? 'tar' : undefined) ??
    textKind(head)
  );
}

function isEmptySystemArea(head: Uint8Array): boolean {
  return head.length >= leastZeros && head.subarray(0, systemAreaBytes).every((byte) => byte === 0);
}

/** EBML (RFC 8794); the type of the document is among the first elements. */
function matroska(head: Uint8Array): string | undefined {
  if (!hasBytes(head, 0, '\x1a\x45\xdf\xa3')) return undefined;
  return Buffer.from(head.subarray(0, 64)).includes('webm') ? 'webm' : 'mkv';
}

/** ISO base media (ISO/IEC 14496-12) by its brand, or QuickTime's older files by their first box. */
function isoMedia(head: Uint8Array): string | undefined {
  if (head.length < 12 || head[0] !== 0) return undefined;
  const box = Buffer.from(head.subarray(4, 8)).toString('latin1');
  if (box !== 'ftyp') return ['moov', 'mdat', 'wide', 'pnot'].includes(box) ? 'mov' : undefined;
  const brand = Buffer.from(head.subarray(8, 12)).toString('latin1');
  return brands[brand] ?? (brand.startsWith('3gp') ? '3gp' : 'mp4');
}

/** MPEG transport stream (ISO/IEC 13818-1): a mark every 188 bytes; with times in front of each packet, every 192. */
function transportStream(head: Uint8Array): string | undefined {
  const repeats = (first: number, step: number) =>
    head.length > first + 3 * step && [0, 1, 2, 3].every((index) => head[first + index * step] === 0x47);
  if (repeats(0, 188)) return 'ts';
  return repeats(4, 192) ? 'm2ts' : undefined;
}

/** Kilobits per second of MPEG audio, layer III: version 1, and versions 2 and 2.5 (ISO/IEC 11172-3, 13818-3). */
const bitRates = [
  [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
] as const;
const sampleRates = [44_100, 48_000, 32_000] as const;

/** MP3 and AAC (ADTS) have no beginning but frames: a second one must be where the first one ends. */
function audioFrames(head: Uint8Array): string | undefined {
  const isFrame = (at: number, mask: number, bits: number) =>
    head[at] === 0xff && ((head[at + 1] ?? 0) & mask) === bits && at + 1 < head.length;
  if (head.length < 6) return undefined;
  // AC-3 (ATSC A/52): its mark is short, so the version behind it has to be one.
  if (hasBytes(head, 0, '\x0b\x77') && (head[5] as number) >> 3 <= 16) return 'ac3';
  if (isFrame(0, 0xf6, 0xf0)) {
    const [, , , third = 0, fourth = 0, fifth = 0] = head;
    const length = ((third & 3) << 11) | (fourth << 3) | (fifth >> 5);
    return length > 7 && isFrame(length, 0xf6, 0xf0) ? 'aac' : undefined;
  }
  const length = isFrame(0, 0xe6, 0xe2) ? mp3FrameBytes(head) : 0;
  return length > 0 && isFrame(length, 0xe6, 0xe2) ? 'mp3' : undefined;
}

function mp3FrameBytes([, second = 0, third = 0]: Uint8Array): number {
  const version = (second >> 3) & 3;
  const kilobits = bitRates[version === 3 ? 0 : 1][third >> 4] ?? 0;
  const hertz = sampleRates[(third >> 2) & 3] ?? 0;
  if (version === 1 || kilobits === 0 || hertz === 0) return 0;
  const slowness = { 3: 1, 2: 2, 0: 4 }[version] ?? 1;
  return Math.floor(((version === 3 ? 144_000 : 72_000) * kilobits * slowness) / hertz) + ((third >> 1) & 1);
}

/** Programs of Windows: the place of the newer header is in the older one. */
function program(head: Uint8Array): string | undefined {
  if (head.length < 64 || !hasBytes(head, 0, 'MZ')) return undefined;
  const at = new DataView(head.buffer, head.byteOffset, head.length).getUint32(60, true);
  return at >= 64 && (at + 4 > head.length || hasBytes(head, at, 'PE\0\0')) && at < 0x10000 ? 'exe' : undefined;
}
