import { isUtf8 } from 'node:buffer';

/** So much of a file is looked at. */
const mostBytes = 4096;
/** What text may hold beside characters: tab, line feed, form feed, carriage return, the old end mark, escape. */
const harmlessControls = new Set([0x09, 0x0a, 0x0c, 0x0d, 0x1a, 0x1b]);
/** Art made of blocks and lines, in Unicode; in code page 437 it is from 0xb0 to 0xdf. */
const art = /[\u2500-\u259f\u25a0]/gu;
/** From so many characters of art in a hundred on, a text is an nfo. */
const artPercent = 3;

/** Kinds of text by how they begin; the first that fits counts. */
const kinds: readonly (readonly [extension: string, pattern: RegExp])[] = [
  ['nzb', /<nzb[\s>]|<!DOCTYPE nzb/i],
  ['srt', /^\s*\d{1,6}[ \t]*\n\d{1,3}:\d\d:\d\d[,.]\d{1,3} *--> /],
  ['vtt', /^WEBVTT/],
  ['ass', /^\s*\[Script Info\]/i],
  ['idx', /^# VobSub index file/],
  ['sub', /^\{\d{1,7}\}\{\d{1,7}\}/],
  ['m3u', /^#EXTM3U/],
  ['html', /^\s*(?:<!DOCTYPE html|<html)/i],
  ['xml', /^\s*<\?xml/],
  ['rtf', /^\{\\rtf/],
  ['torrent', /^d\d{1,3}:(?:announce|comment|created|creation|info|encoding)/],
  ['cue', /^(?:(?:REM|CATALOG|PERFORMER|TITLE|FILE|SONGWRITER|CDTEXTFILE) [^\n]*\n\s*){1,30}TRACK \d\d /],
  ['sfv', /^(?:;[^\n]*\n|[ \t]*\n)*[^\n;]{1,255} [0-9a-f]{8}[ \t]*(?:\n|$)/i],
  ['md5', /^[0-9a-f]{32} [ *][^\n]+/i],
];

/** What kind of text the first bytes of a file are; nothing when they are not text. */
export function textKind(head: Uint8Array): string | undefined {
  const text = textOf(head.subarray(0, mostBytes));
  if (text === undefined) return undefined;
  const plain = text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n');
  return kinds.find(([, pattern]) => pattern.test(plain))?.[0] ?? (isArt(plain) ? 'nfo' : 'txt');
}

/** As text, when nothing in it speaks against that. What is no Unicode may be code page 437: then art is turned to art. */
function textOf(head: Uint8Array): string | undefined {
  if (head.length < 4) return undefined;
  const [first, second] = head;
  if (first === 0xff && second === 0xfe) return wideText(Buffer.from(head.subarray(2, head.length & ~1)));
  if (first === 0xfe && second === 0xff) return wideText(Buffer.from(head.subarray(2, head.length & ~1)).swap16());
  if (head.some((byte) => (byte < 0x20 && !harmlessControls.has(byte)) || byte === 0x7f)) return undefined;
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.length);
  // The head may end within a character.
  if ([0, 1, 2, 3].some((cut) => isUtf8(bytes.subarray(0, bytes.length - cut)))) return bytes.toString('utf8');
  return bytes.toString('latin1').replace(/[\xb0-\xdf\xfe]/g, '\u2588');
}

function wideText(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf16le');
  return /(?![\t\n\f\r])\p{Cc}|\p{Cs}|\p{Cn}/u.test(text) ? undefined : text;
}

function isArt(text: string): boolean {
  const count = text.match(art)?.length ?? 0;
  return count * 100 > text.length * artPercent;
}
