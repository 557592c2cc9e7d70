import mime from 'mime';
import { encodeName } from './paths.js';

/** Types a browser may show in place: none of them can run code. Everything else is offered as a download. */
const passive = /^(?:video|audio)\/|^image\/(?!svg)|^text\/(?:plain|vtt|x-nfo|x-sfv|markdown|csv)$/;

/** Media type by the name's ending; text is said to be UTF-8. */
export function contentTypeOf(name: string): string {
  const type = mime.getType(name) ?? 'application/octet-stream';
  return type.startsWith('text/') ? `${type}; charset=utf-8` : type;
}

/** What kind of player a file needs, if any. */
export function mediaKindOf(name: string): 'video' | 'audio' | undefined {
  const kind = mime.getType(name)?.split('/')[0];
  return kind === 'video' || kind === 'audio' ? kind : undefined;
}

/**
 * How a browser treats posted bytes: strangers wrote them, so HTML, SVG, XML, scripts and whatever else could run in
 * this origin is saved, not shown. The name travels as RFC 6266 and RFC 8187 say, with an ASCII stand-in.
 */
export function contentDispositionOf(name: string): string {
  const kind = passive.test(mime.getType(name) ?? '') ? 'inline' : 'attachment';
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/gu, '_');
  return `${kind}; filename="${ascii}"; filename*=UTF-8''${encodeExtended(name)}`;
}

/** `ext-value` of RFC 8187: percent-encoding that also covers what encodeURIComponent leaves. */
function encodeExtended(name: string): string {
  return encodeName(name).replace(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
