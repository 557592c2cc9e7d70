import { abortable } from '@newsreel/core/plugin';
import { SaxesParser, type SaxesTagNS } from 'saxes';
import type { DavRequest } from './call.js';
import { Refusal } from './refusal.js';

/** Largest request body that is read, in bytes. */
export const maxBodyBytes = 64 * 1024;
/** Deepest nesting that is read; a PROPFIND needs three levels, a LOCK owner a few more. */
const maxDepth = 32;

// What XML 1.0 section 2.2 does not allow: control characters, lone surrogates and two non-characters.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const illegal = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Cs}/gu;
const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '\r': '&#13;',
};

/** Text for XML and HTML, in elements and attributes. Characters that may not occur become U+FFFD. */
export function escapeText(text: string): string {
  return text.replace(illegal, '\ufffd').replace(/[&<>"'\r]/g, (character) => escapes[character]!);
}

const ended: Promise<IteratorResult<Uint8Array>> = Promise.resolve({ done: true, value: undefined });

/** An opening tag: its namespace, its name, and the names of the elements around it, outermost first. */
export interface OpenTag {
  readonly uri: string;
  readonly local: string;
  readonly within: readonly string[];
}

/** Reads a request body, refusing more than {@link maxBodyBytes}. */
export async function readBody(request: DavRequest): Promise<Uint8Array> {
  const announced = Number(request.headers.get('content-length') ?? 0);
  if (announced > maxBodyBytes) throw new Refusal(413, 'The request body is too large.');
  const chunks: Uint8Array[] = [];
  let length = 0;
  const iterator = request.body?.[Symbol.asyncIterator]();
  for (;;) {
    const result = await abortable(iterator?.next() ?? ended, request.signal);
    if (result.done === true) return Buffer.concat(chunks);
    length += result.value.length;
    chunks.push(result.value);
    if (length <= maxBodyBytes) continue;
    void iterator?.return?.().catch(() => {});
    throw new Refusal(413, 'The request body is too large.');
  }
}

/**
 * Parses XML and reports its opening tags. No DTD is accepted, hence no entities but the five built in, hence nothing
 * to expand or fetch. @throws Refusal when it is not well-formed
 */
export function parseXml(bytes: Uint8Array, onTag: (tag: OpenTag) => void): void {
  const within: string[] = [];
  const parser = new SaxesParser({ xmlns: true, position: false });
  const refuse = () => {
    throw new Refusal(400, 'The request body is not acceptable XML.');
  };
  parser.on('error', refuse);
  parser.on('doctype', refuse);
  parser.on('opentag', (tag: SaxesTagNS) => {
    if (within.length >= maxDepth) refuse();
    onTag({ uri: tag.uri, local: tag.local, within });
    within.push(`{${tag.uri}}${tag.local}`);
  });
  parser.on('closetag', () => within.pop());
  parser.write(decode(bytes)).close();
}

/** XML is UTF-8, or UTF-16 with a byte order mark (XML 1.0 section 4.3.3). */
function decode(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new Refusal(400, 'The request body is not acceptable XML.');
  }
}
