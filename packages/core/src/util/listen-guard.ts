import { createHash, timingSafeEqual } from 'node:crypto';
import { ListenError } from '../errors/index.js';

/** Whether an address or name can only be reached from this machine. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (bare === 'localhost' || bare.endsWith('.localhost') || bare === '::1') return true;
  return ipv4.test(bare.replace(/^::ffff:/, '')) && /^(::ffff:)?127\./.test(bare);
}

const ipv4 = /^\d{1,3}(\.\d{1,3}){3}$/;

/**
 * Refuses to listen where strangers could connect unless somebody is asked for a password or the owner said so.
 * @throws ListenError
 */
export function guardListen(listen: {
  host: string;
  port: number;
  authenticated: boolean;
  allowAnonymous: boolean;
}): void {
  const { host, port } = listen;
  if (isLoopback(host) || listen.authenticated || listen.allowAnonymous) return;
  const message = `Refusing to listen on ${host}:${port} without authentication; set credentials or allowAnonymous: true`;
  throw new ListenError({ host, port, message });
}

/**
 * Whether a Host header names this machine: by a plain address, as localhost, or by a name the owner allowed. Anonymous
 * servers check it, or a web page in somebody's browser could reach them under a name of its own (DNS rebinding); a plain
 * address cannot be rebound.
 */
export function isHostAllowed(hostHeader: string | undefined, allowedHosts: readonly string[] = []): boolean {
  const found = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::\d*)?$/.exec((hostHeader ?? '').trim().toLowerCase());
  if (found === null) return false;
  const name = (found[2] ?? '').replace(/\.$/, '');
  if (found[1] !== undefined || ipv4.test(name) || isLoopback(name)) return true;
  return allowedHosts.some((allowed) => allowed.toLowerCase() === name);
}

/** Compares two secrets in a time that tells nothing about where they differ, nor about their lengths. */
export function isSameSecret(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text, 'utf8').digest();
  return timingSafeEqual(digest(given), digest(expected));
}
