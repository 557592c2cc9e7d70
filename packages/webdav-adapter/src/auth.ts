import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { abortable } from '@newsreel/core/plugin';
import type { Authenticate, RequestHeaders } from './hooks.js';
import { Refusal } from './refusal.js';

/** Finds out who sends a request. */
export interface Authenticator {
  /** The user's name. @throws Refusal with a challenge when there is no valid login */
  check(request: { readonly headers: RequestHeaders; readonly signal: AbortSignal }): Promise<string>;
}

/** What an authenticator is made of. */
interface Credentials {
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly authenticate: Authenticate | undefined;
  readonly realm: string;
}

/** The authenticator the options describe; `undefined` when they describe none. */
export function createAuthenticator(credentials: Credentials): Authenticator | undefined {
  const { username, password } = credentials;
  const authenticate =
    credentials.authenticate ??
    (username !== undefined && password !== undefined ? singleUser(username, password) : undefined);
  if (authenticate === undefined) return undefined;
  const realm = credentials.realm.replace(/["\\]/g, '\\$&');
  const challenge = { 'WWW-Authenticate': `Basic realm="${realm}", charset="UTF-8"` };
  return {
    async check(request) {
      const login = parseBasic(request.headers.get('authorization'));
      if (login === undefined) throw new Refusal(401, 'Please log in.', challenge);
      const { signal } = request;
      const asked = Promise.resolve(authenticate(login.user, login.password, { signal }));
      if ((await abortable(asked, signal)) !== true) throw new Refusal(401, 'Please log in.', challenge);
      return login.user;
    },
  };
}

/**
 * Compares digests under a key of this process, so that the time taken says nothing about how much of a guess was
 * right; both parts are always compared.
 */
function singleUser(username: string, password: string): Authenticate {
  const key = randomBytes(32);
  const digest = (text: string) => createHmac('sha256', key).update(text).digest();
  const [expectedUser, expectedPassword] = [digest(username), digest(password)];
  return (user, given) => {
    const sameUser = timingSafeEqual(digest(user), expectedUser);
    const samePassword = timingSafeEqual(digest(given), expectedPassword);
    return sameUser && samePassword;
  };
}

/** Basic credentials (RFC 7617): UTF-8, the first colon separates. */
function parseBasic(header: string | undefined): { readonly user: string; readonly password: string } | undefined {
  const encoded = /^basic +([a-z0-9+/_-]+={0,2}) *$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
