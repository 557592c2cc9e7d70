import { type ByteRange, type Entry, FileChangedError, RangeInvalidError } from '@newsreel/core';
import { type BodyStream, openBodyStream } from '../body-stream.js';
import { browse } from '../browse.js';
import type { Call, DavResponse } from '../call.js';
import { rangeApplies, type Validators, validatorsOf, weigh } from '../conditional.js';
import { contentDispositionOf, contentTypeOf, mediaKindOf } from '../content.js';
import { entryOf, hrefOf } from '../paths.js';
import { playPage } from '../play-page.js';
import { contentRange, parseRange } from '../range.js';
import { Refusal } from '../refusal.js';
import { plain } from '../status.js';
import { allowed } from '../verbs.js';

/** A file's bytes, or a page about a folder. HEAD as well: the dispatcher drops the body. */
export async function get(call: Call): Promise<DavResponse> {
  const { request, options } = call;
  const entry = await entryOf(call);
  if (entry.kind === 'file') return wantsPlayer(call, entry) ? playPage(call, entry) : file(call, entry);
  if (!options.browse) throw new Refusal(405, 'This is a folder.', { Allow: allowed(options) });
  if (entry.slash) return browse(call, entry);
  return plain(301, 'A folder ends in a slash.', { Location: hrefOf(request.mount, entry) + request.query });
}

function wantsPlayer({ request, options }: Call, entry: Entry): boolean {
  return options.browse && mediaKindOf(entry.name) !== undefined && new URLSearchParams(request.query).has('play');
}

async function file(call: Call, entry: Entry): Promise<DavResponse> {
  const { request, nowMs } = call;
  const validators = validatorsOf(entry, nowMs);
  const verdict = weigh(request.headers, validators);
  if (verdict === 'precondition-failed') throw new Refusal(412, 'The file is not the one you know.');
  if (verdict === 'not-modified') return { status: 304, headers: cacheHeaders(validators) };
  // A Range header means something with GET only (RFC 9110 section 14.2).
  const ranged = request.method === 'GET' && rangeApplies(request.headers.get('if-range'), validators, nowMs);
  const range = parseRange(ranged ? request.headers.get('range') : undefined, entry.size);
  if (range === 'unsatisfiable') {
    throw new RangeInvalidError({ range: { start: entry.size, end: entry.size }, size: entry.size });
  }
  const part = range === 'whole' ? { start: 0, end: entry.size } : range;
  const headers = fileHeaders(entry, part, validators);
  if (range !== 'whole') headers['Content-Range'] = contentRange(part, entry.size);
  const body = request.method === 'HEAD' || part.start === part.end ? undefined : await openFile(call, entry, part);
  return { status: range === 'whole' ? 200 : 206, headers, body };
}

function cacheHeaders({ etag, lastModified }: Validators): Record<string, string> {
  const headers: Record<string, string> = { ETag: etag, 'Cache-Control': 'private, no-cache' };
  if (lastModified !== undefined) headers['Last-Modified'] = lastModified;
  return headers;
}

function fileHeaders(entry: Entry, part: ByteRange, validators: Validators): Record<string, string> {
  return {
    ...cacheHeaders(validators),
    'Content-Type': contentTypeOf(entry.name),
    'Content-Length': String(part.end - part.start),
    'Content-Disposition': contentDispositionOf(entry.name),
    'Accept-Ranges': 'bytes',
    // Strangers posted these bytes: should a browser show them all the same, they get an origin of their own.
    'Content-Security-Policy': 'sandbox',
  };
}

/** Opens the file and waits for its first bytes: until then a failure can still be told by a status. */
async function openFile({ request, catalog, options }: Call, entry: Entry, part: ByteRange): Promise<BodyStream> {
  const { signal } = request;
  const handle = await catalog.open(entry.path, { signal });
  const onClose = () => void handle.close();
  if (handle.size !== entry.size) {
    onClose();
    throw new FileChangedError({ path: entry.path });
  }
  const { label, integrity } = options;
  const leases = () => handle.lendStream(part, { signal, label, integrity });
  return openBodyStream(leases, { signal, length: part.end - part.start, onClose });
}
