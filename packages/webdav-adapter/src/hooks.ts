/** Request headers by lower-case name, whatever brought them. */
export interface RequestHeaders {
  /** The value, or `undefined` when the header was not sent. */
  get(name: string): string | undefined;
}

/** What an `authorize` hook sees of a request. */
export interface WebdavRequest {
  /** The verb, as sent. */
  readonly method: string;
  /** The path asked for, decoded, below the mount. */
  readonly path: string;
  /** Who logged in; `undefined` without Basic authentication. */
  readonly user: string | undefined;
  /** Cookies and tokens of the app's own. */
  readonly headers: RequestHeaders;
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal;
}

/** Checks one user. Slow checks should be remembered by the app: clients send the password with every request. */
export type Authenticate = (
  user: string,
  password: string,
  options: { readonly signal: AbortSignal },
) => boolean | Promise<boolean>;

/** Decides about one request after any login: `false` answers 403. */
export type Authorize = (request: WebdavRequest) => boolean | Promise<boolean>;
