import { openBodyStream } from '../body-stream.js';
import type { Call, DavRequest, DavResponse } from '../call.js';
import { multistatus } from '../multistatus.js';
import { entryOf } from '../paths.js';
import { parsePropfind } from '../propfind-request.js';
import { Refusal } from '../refusal.js';
import { toLeases } from '../text-leases.js';
import { readBody } from '../xml.js';

/** Properties of an entry and of those right below it (RFC 4918 section 9.1). */
export async function propfind(call: Call): Promise<DavResponse> {
  const { request, catalog, options } = call;
  const depth = depthOf(request);
  if (depth === 'infinity') return finiteDepthOnly();
  const wanted = parsePropfind(await readBody(request));
  const self = await entryOf(call);
  const { signal } = request;
  const children = depth === '1' && self.kind === 'folder' ? catalog.list(self.path, { signal }) : undefined;
  const pieces = multistatus({ request: wanted, mount: request.mount, self, children, locks: options.locks });
  return {
    status: 207,
    headers: { 'Content-Type': 'application/xml; charset=utf-8', 'Cache-Control': 'private, no-cache' },
    body: await openBodyStream(() => toLeases(pieces), { signal }),
  };
}

/** No Depth header means infinity (RFC 4918 section 9.1). */
function depthOf({ headers }: DavRequest): '0' | '1' | 'infinity' {
  const depth = (headers.get('depth') ?? 'infinity').trim().toLowerCase();
  if (depth === '0' || depth === '1' || depth === 'infinity') return depth;
  throw new Refusal(400, 'Depth must be 0, 1 or infinity.');
}

function finiteDepthOnly(): DavResponse {
  return {
    status: 403,
    headers: { 'Content-Type': 'application/xml; charset=utf-8' },
    body: '<?xml version="1.0" encoding="utf-8"?>\n<D:error xmlns:D="DAV:"><D:propfind-finite-depth/></D:error>\n',
  };
}
