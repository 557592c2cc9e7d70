import type { Call, DavResponse } from '../call.js';
import { entryOf } from '../paths.js';
import { Refusal } from '../refusal.js';

/** Ends a pretended lock (RFC 4918 section 9.11). */
export async function unlock(call: Call): Promise<DavResponse> {
  if (call.request.headers.get('lock-token') === undefined) throw new Refusal(400, 'Lock-Token is missing.');
  await entryOf(call);
  return { status: 204, headers: {} };
}
