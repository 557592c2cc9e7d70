import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detect, extensionOf } from '../../src/archive/detect.js';
import { makeIso } from './disc/make-iso.js';
import { makeTar } from './tar/make-tar.js';
import { makeZip } from './zip/make-zip.js';

const bytes = (text: string, length = text.length) =>
  Buffer.concat([Buffer.from(text, 'latin1')], Math.max(length, text.length));
/** Bytes that repeat a beginning every so many bytes. */
function frames(start: Buffer, step: number): Buffer {
  const all = Buffer.alloc(step * 5, 0x33);
  for (let at = 0; at < all.length; at += step) start.copy(all, at);
  return all;
}

describe('what a file can be opened as', () => {
  it.each<[string, Buffer, string, string | undefined]>([
    ['RAR 4', bytes('Rar!\x1a\x07\0'), 'x', 'rar4'],
    ['RAR 5', bytes('Rar!\x1a\x07\x01\0'), 'x', 'rar5'],
    ['7z', bytes('7z\xbc\xaf\x27\x1c'), 'x', '7z'],
    ['PAR2', bytes('PAR2\0PKT'), 'x', 'par2'],
    ['ZIP', makeZip({ members: [{ name: 'a' }] }), 'x', 'zip'],
    ['tar', makeTar({ name: 'a' }), 'x', 'tar'],
    ['an empty system area', Buffer.alloc(4096), 'x', 'maybe-disc'],
    ['a disc, far enough', makeIso({ entries: [] }).bytes.fill('boot', 0, 512), 'x', 'maybe-disc'],
    ['a disc by name', bytes('boot'), 'x.ISO', 'maybe-disc'],
    ['an archive with the name of a disc', bytes('Rar!\x1a\x07\0'), 'x.iso', 'rar4'],
    ['few zeros', Buffer.alloc(100), 'x', undefined],
    ['a film', bytes('\x1a\x45\xdf\xa3'), 'x.rar', undefined],
    ['nothing', Buffer.alloc(0), '', undefined],
  ])('%s', (_what, head, name, expected) => {
    expect(detect(head, name)).toBe(expected);
  });
});

describe('the extension a file should have', () => {
  const adts = Buffer.from([0xff, 0xf1, 0x50, 0x80, 0x0c, 0x9f, 0xfc]);
  it.each<[string | undefined, string, Buffer]>([
    ['mkv', 'Matroska', bytes('\x1a\x45\xdf\xa3\x9fB\x82\x88matroska')],
    ['webm', 'WebM', bytes('\x1a\x45\xdf\xa3\x9fB\x82\x84webm')],
    ['mp4', 'MP4', bytes('\0\0\0\x20ftypisom\0\0\x02\0')],
    ['mov', 'QuickTime', bytes('\0\0\0\x14ftypqt  \0\0\x02\0')],
    ['mov', 'old QuickTime', bytes('\0\0\0\x08wide\0\0\0\0')],
    ['m4a', 'audio in MP4', bytes('\0\0\0\x20ftypM4A \0\0\x02\0')],
    ['avi', 'AVI', bytes('RIFF\x10\0\0\0AVI LIST')],
    ['wav', 'WAVE', bytes('RIFF\x10\0\0\0WAVEfmt ')],
    ['ts', 'transport stream', frames(bytes('G'), 188)],
    ['m2ts', 'transport stream with times', frames(bytes('\0\0\0\0G'), 192)],
    ['mpg', 'program stream', bytes('\0\0\x01\xba\x44')],
    ['flac', 'FLAC', bytes('fLaC\0\0\0\x22')],
    ['mp3', 'ID3', bytes('ID3\x04\0\0')],
    ['mp3', 'frames of 128 kbit/s', frames(Buffer.from([0xff, 0xfb, 0x90, 0x64]), 417)],
    ['aac', 'frames of 100 bytes', frames(adts, 100)],
    [undefined, 'a frame alone', bytes('\xff\xfb\x90\x64\0\0\0\0', 2000)],
    ['ogg', 'Ogg', bytes('OggS\0\x02')],
    ['ac3', 'AC-3', bytes('\x0b\x77\x12\x34\x14\x40\x43')],
    ['pdf', 'PDF', bytes('%PDF-1.4\n%\xe2\xe3')],
    ['epub', 'EPUB', makeZip({ members: [{ name: 'mimetype', data: 'application/epub+zip' }] })],
    ['zip', 'ZIP', makeZip({ members: [{ name: 'a' }] })],
    ['jpg', 'JPEG', bytes('\xff\xd8\xff\xe0\0\x10JFIF')],
    ['png', 'PNG', bytes('\x89PNG\r\n\x1a\n')],
    ['gif', 'GIF', bytes('GIF89a\x01\0')],
    ['gz', 'gzip', bytes('\x1f\x8b\x08\0')],
    ['xz', 'xz', bytes('\xfd7zXZ\0')],
    ['bz2', 'bzip2', bytes('BZh91AY&SY')],
    ['exe', 'a program', Buffer.concat([bytes('MZ', 60), Buffer.from([64, 0, 0, 0]), bytes('PE\0\0')])],
    ['iso', 'a disc', makeIso({ entries: [] }).bytes],
    ['tar', 'tar', makeTar({ name: 'a' })],
    ['rar', 'RAR', bytes('Rar!\x1a\x07\x01\0')],
    ['par2', 'PAR2', bytes('PAR2\0PKT')],
    ['nzb', 'NZB', bytes('<?xml version="1.0"?>\n<!DOCTYPE nzb PUBLIC "x">\n<nzb xmlns="y">')],
    ['xml', 'XML', bytes('<?xml version="1.0"?>\n<a/>')],
    ['srt', 'subtitles', bytes('\xef\xbb\xbf1\r\n00:00:01,000 --> 00:00:02,500\r\nHello\r\n')],
    ['ass', 'styled subtitles', bytes('[Script Info]\r\nTitle: x\r\n')],
    ['vtt', 'web subtitles', bytes('WEBVTT\n\n')],
    ['sfv', 'checksums', bytes('; made by x\r\nfilm.mkv 0123ABCD\r\n')],
    ['nfo', 'art in code page 437', bytes(`\xdb\xdb\xb1\xb0  RELEASE ${'\xdb'.repeat(60)}\r\n`)],
    ['nfo', 'art in UTF-8', Buffer.from(`${'█▓▒░'.repeat(30)}\nRELEASE\n`)],
    ['txt', 'text', bytes('just some words\n')],
    ['txt', 'text in UTF-16', Buffer.from('\ufeffjust some wörds', 'utf16le')],
    ['txt', 'text that ends within a character', Buffer.from('größe größe ß').subarray(0, -1)],
    [undefined, 'nothing', Buffer.alloc(0)],
    [undefined, 'zeros', Buffer.alloc(1000)],
    [undefined, 'noise', bytes('\x93\x01\x02\x8f\xee\x03\x7f\0\0\x10')],
  ])('%s: %s', (expected, _what, head) => {
    expect(extensionOf(head)).toBe(expected);
  });

  it('takes any bytes, in no time', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 700 }), fc.string(), (head, name) => {
        detect(head, name);
        expect(extensionOf(head) ?? '').toMatch(/^[a-z0-9]*$/);
      }),
    );
    const started = performance.now();
    for (const piece of ['\n', ' \n', '; \n', 'a', '1\n', 'REM \n', '{0}', '<nzb', 'd1:', ' 0', 'MZ', '\xff\xfb', 'G'])
      extensionOf(Buffer.from(piece.repeat(50_000), 'latin1'));
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('takes random bytes for nothing', () => {
    let found = 0;
    let state = 1;
    for (let round = 0; round < 2000; round++) {
      const head = Buffer.alloc(1024);
      for (let at = 0; at < head.length; at += 4) {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        head.writeUInt32BE((state ^ (state >>> 13)) >>> 0, at);
      }
      if (extensionOf(head) !== undefined) found++;
    }
    expect(found).toBeLessThan(4);
  });
});
