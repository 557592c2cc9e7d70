import { isIP } from 'node:net';
import type { DavRequest } from './call.js';
import type { ResolvedWebdavOptions } from './options.js';
import { Refusal } from './refusal.js';

/** Whether an address to listen on can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '');
  if (name === 'localhost' || name === '::1') return true;
  return (isIP(name) === 4 && name.startsWith('127.')) || /^::ffff:127\./.test(name);
}

/** Whether anybody may come in: then only the Host header tells a person from a web page of a stranger. */
export function isAnonymous(options: ResolvedWebdavOptions): boolean {
  return options.authenticator === undefined && options.authorize === undefined;
}

/**
 * Refuses names an anonymous server is not known by. A web page that rebinds its own name to this address sends that
 * name; a plain address cannot be rebound and passes. @throws Refusal
 */
export function checkHost(request: DavRequest, options: ResolvedWebdavOptions): void {
  const checked = request.ownServer ? isAnonymous(options) : options.allowedHosts.length > 0;
  const header = request.headers.get('host');
  if (!checked || header === undefined) return;
  const name = nameOf(header);
  const known =
    isIP(name) !== 0 ||
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === options.host.toLowerCase() ||
    options.allowedHosts.includes(name);
  if (!known) throw new Refusal(421, 'This server does not answer to that name. Add it to allowedHosts.');
}

/** The name in a Host header, without port, brackets and trailing dot. */
function nameOf(header: string): string {
  const host = header.trim().toLowerCase();
  const address = /^\[([^\]]*)\](?::\d*)?$/.exec(host)?.[1];
  return address ?? host.replace(/:\d*$/, '').replace(/\.$/, '');
}
