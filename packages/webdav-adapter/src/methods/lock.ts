import { randomUUID } from 'node:crypto';
import type { Call, DavResponse } from '../call.js';
import { entryOf, hrefOf } from '../paths.js';
import { Refusal } from '../refusal.js';
import { escapeText, parseXml, readBody } from '../xml.js';

/** Seconds a pretended lock is said to last. */
const lockSeconds = 3600;

/**
 * Pretends to lock (RFC 4918 section 9.10). Nothing can be written, so there is nothing to protect and no state to keep:
 * everybody gets a token, and a refresh gets its own token back.
 */
export async function lock(call: Call): Promise<DavResponse> {
  const { request } = call;
  const body = await readBody(request);
  const entry = await entryOf(call);
  const refreshed = body.length === 0 ? tokenIn(request.headers.get('if')) : undefined;
  if (body.length === 0 && refreshed === undefined) throw new Refusal(400, 'A lock refresh names its token.');
  const scope = body.length === 0 ? 'exclusive' : scopeIn(body);
  const token = refreshed ?? `urn:uuid:${randomUUID()}`;
  const depth = request.headers.get('depth')?.trim() === '0' ? '0' : 'infinity';
  const active =
    `<D:activelock><D:locktype><D:write/></D:locktype><D:lockscope><D:${scope}/></D:lockscope><D:depth>${depth}</D:depth>` +
    `<D:timeout>Second-${lockSeconds}</D:timeout><D:locktoken><D:href>${escapeText(token)}</D:href></D:locktoken>` +
    `<D:lockroot><D:href>${escapeText(hrefOf(request.mount, entry))}</D:href></D:lockroot></D:activelock>`;
  return {
    status: 200,
    headers: {
      'Content-Type': 'application/xml; charset=utf-8',
      ...(refreshed === undefined ? { 'Lock-Token': `<${token}>` } : {}),
    },
    body: `<?xml version="1.0" encoding="utf-8"?>\n<D:prop xmlns:D="DAV:"><D:lockdiscovery>${active}</D:lockdiscovery></D:prop>\n`,
  };
}

function scopeIn(body: Uint8Array): 'exclusive' | 'shared' {
  let root = false;
  let scope: 'exclusive' | 'shared' | undefined;
  parseXml(body, ({ uri, local, within }) => {
    if (uri !== 'DAV:') return;
    if (within.length === 0) root = local === 'lockinfo';
    if (within.at(-1) === '{DAV:}lockscope' && (local === 'exclusive' || local === 'shared')) scope = local;
  });
  if (!root || scope === undefined) throw new Refusal(400, 'The request body is not a LOCK.');
  return scope;
}

function tokenIn(header: string | undefined): string | undefined {
  return /\(\s*<([^<>\s]{1,256})>/.exec(header ?? '')?.[1];
}
