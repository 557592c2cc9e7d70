import { isHostAllowed } from '@newsreel/core/plugin';
import type { DavRequest } from './call.js';
import type { ResolvedWebdavOptions } from './options.js';
import { Refusal } from './refusal.js';

/** Whether anybody may come in: then only the Host header tells a person from a web page of a stranger. */
export function isAnonymous(options: ResolvedWebdavOptions): boolean {
  return options.authenticator === undefined && options.authorize === undefined;
}

/** Refuses names an anonymous server is not known by. @throws Refusal */
export function checkHost(request: DavRequest, options: ResolvedWebdavOptions): void {
  const checked = request.ownServer ? isAnonymous(options) : options.allowedHosts.length > 0;
  const header = request.headers.get('host');
  if (!checked || header === undefined || isHostAllowed(header, [options.host, ...options.allowedHosts])) return;
  throw new Refusal(421, 'This server does not answer to that name. Add it to allowedHosts.');
}
