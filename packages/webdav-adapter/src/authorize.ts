import { abortable } from '@newsreel/core/plugin';
import type { DavRequest } from './call.js';
import type { Authorize } from './hooks.js';
import { parsePath } from './paths.js';
import { Refusal } from './refusal.js';

/** Asks the app about a request. @throws Refusal */
export async function checkAuthorized(
  authorize: Authorize | undefined,
  request: DavRequest,
  user: string | undefined,
): Promise<void> {
  if (authorize === undefined) return;
  const { method, headers, signal } = request;
  const path = request.rawPath === '*' ? '*' : parsePath(request.rawPath).path;
  const asked = Promise.resolve(authorize({ method, path, user, headers, signal }));
  if ((await abortable(asked, signal)) !== true) throw new Refusal(403, 'This is not allowed.');
}
