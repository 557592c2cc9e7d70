import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Entry } from '@newsreel/core';
import { encodeName, hrefOf } from './paths.js';
import { properties } from './properties.js';
import type { PropertyName, PropfindRequest } from './propfind-request.js';
import { escapeText } from './xml.js';

/** Answers are put together to pieces of about this many characters. */
const pieceLength = 32 * 1024;

/** What goes into a multistatus. */
export interface MultistatusSource {
  readonly request: PropfindRequest;
  /** What stands before every path. */
  readonly mount: string;
  /** The entry asked about. */
  readonly self: Entry;
  /** The entries below it, when asked for. */
  readonly children: AsyncIterable<Entry> | undefined;
  /** Whether locks are pretended. */
  readonly locks: boolean;
}

/**
 * A multistatus in pieces, so that a folder of any size needs the memory of one piece. Between pieces other work gets
 * its turn: a catalog in memory would otherwise list a hundred thousand entries without a pause.
 */
export async function* multistatus(source: MultistatusSource): AsyncGenerator<string, void, undefined> {
  const write = responseWriter(source);
  const selfHref = hrefOf(source.mount, source.self);
  let piece = '<?xml version="1.0" encoding="utf-8"?>\n<D:multistatus xmlns:D="DAV:">';
  piece += write(selfHref, source.self);
  for await (const entry of source.children ?? []) {
    piece += write(`${selfHref}${encodeName(entry.name)}${entry.kind === 'folder' ? '/' : ''}`, entry);
    if (piece.length < pieceLength) continue;
    yield piece;
    piece = '';
    await nextTurn();
  }
  yield `${piece}</D:multistatus>\n`;
}

type ResponseWriter = (href: string, entry: Entry) => string;

function responseWriter(source: MultistatusSource): ResponseWriter {
  const propstats = propstatWriter(source.request, source.locks);
  return (href, entry) => `<D:response><D:href>${escapeText(href)}</D:href>${propstats(entry)}</D:response>`;
}

function propstatWriter(request: PropfindRequest, locks: boolean): (entry: Entry) => string {
  if (request.kind === 'named') return namedWriter(request.names, locks);
  const namesOnly = request.kind === 'names';
  return (entry) => {
    let found = '';
    for (const [local, property] of properties) {
      const value = property({ entry, locks });
      if (value !== undefined) found += namesOnly ? `<D:${local}/>` : element(local, value);
    }
    return propstat(found, '200 OK');
  };
}

/** Properties nobody has are the same for every entry: their part is written once. */
function namedWriter(names: readonly PropertyName[], locks: boolean): (entry: Entry) => string {
  const known = names.filter((name) => name.uri === 'DAV:' && properties.has(name.local)).map((name) => name.local);
  const unknown = names
    .filter((name) => name.uri !== 'DAV:' || !properties.has(name.local))
    .map(foreignElement)
    .join('');
  return (entry) => {
    let found = '';
    let missing = unknown;
    for (const local of known) {
      const value = properties.get(local)!({ entry, locks });
      if (value === undefined) missing += `<D:${local}/>`;
      else found += element(local, value);
    }
    const parts =
      (found === '' ? '' : propstat(found, '200 OK')) + (missing === '' ? '' : propstat(missing, '404 Not Found'));
    return parts === '' ? propstat('', '200 OK') : parts;
  };
}

function element(local: string, value: string): string {
  return value === '' ? `<D:${local}/>` : `<D:${local}>${value}</D:${local}>`;
}

function foreignElement({ uri, local }: PropertyName): string {
  if (uri === 'DAV:') return `<D:${local}/>`;
  return uri === '' ? `<${local}/>` : `<x:${local} xmlns:x="${escapeText(uri)}"/>`;
}

function propstat(content: string, status: string): string {
  return `<D:propstat><D:prop>${content}</D:prop><D:status>HTTP/1.1 ${status}</D:status></D:propstat>`;
}
