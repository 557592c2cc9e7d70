import { abortable, isSameSecret } from '@newsreel/core/plugin';
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

/** Always compares both parts: which of them is wrong must not show in the time taken. */
function singleUser(username: string, password: string): Authenticate {
  return (user, given) => {
    const sameUser = isSameSecret(user, username);
    const samePassword = isSameSecret(given, password);
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
