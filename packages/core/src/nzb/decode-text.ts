import { NzbInvalidError } from '../errors/index.js';

const chunkLength = 64 * 1024;

/** What an NZB was found to be before it was parsed. */
export interface DecodedText {
  /** The text piece by piece, so that a large NZB never exists as one string. */
  readonly chunks: Iterable<string>;
  /** What was odd about the encoding. */
  readonly warning?: string | undefined;
}

/** Turns an NZB into text, in pieces: by byte order mark, else by its XML declaration, else as UTF-8. */
export function decodeText(input: string | Uint8Array): DecodedText {
  if (typeof input === 'string') return { chunks: stringChunks(input) };
  const { label, warning } = encodingOf(input);
  return { chunks: byteChunks(input, label), warning };
}

function encodingOf(bytes: Uint8Array): { label: string; warning?: string } {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return { label: 'utf-16le' };
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return { label: 'utf-16be' };
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return { label: 'utf-8' };
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, 256));
  const declared = /^\s*<\?xml[^>]*?\bencoding\s*=\s*["']([^"']+)["']/i.exec(head)?.[1];
  // A declaration that can be read as single bytes proves that the text is not UTF-16, whatever it claims.
  if (declared === undefined || /^utf-?16/i.test(declared)) return { label: 'utf-8' };
  try {
    return { label: new TextDecoder(declared).encoding };
  } catch {
    return { label: 'utf-8', warning: `unknown encoding "${declared.slice(0, 40)}", read as UTF-8` };
  }
}

function* byteChunks(bytes: Uint8Array, label: string): Iterable<string> {
  const decoder = new TextDecoder(label);
  for (let start = 0; start < bytes.length; start += chunkLength) {
    const text = decodePiece(decoder, bytes.subarray(start, start + chunkLength), true);
    if (text !== '') yield text;
  }
  const rest = decodePiece(decoder, new Uint8Array(), false);
  if (rest !== '') yield rest;
}

function decodePiece(decoder: InstanceType<typeof TextDecoder>, bytes: Uint8Array, stream: boolean): string {
  try {
    return decoder.decode(bytes, { stream });
  } catch (cause) {
    throw new NzbInvalidError({ message: 'The NZB is not text', cause });
  }
}

function* stringChunks(text: string): Iterable<string> {
  for (let start = text.charCodeAt(0) === 0xfeff ? 1 : 0; start < text.length; start += chunkLength)
    yield text.slice(start, start + chunkLength);
}
