import type { Catalog } from '@newsreel/core';
import type { BodyStream } from './body-stream.js';
import type { RequestHeaders } from './hooks.js';
import type { ResolvedWebdavOptions } from './options.js';

/** A request as the methods see it: the same for `node:http` and for the Fetch API. */
export interface DavRequest {
  readonly method: string;
  /** Still percent-encoded, below the mount, beginning with `/` (or `*`). */
  readonly rawPath: string;
  /** With its `?`; empty when there is none. */
  readonly query: string;
  /** What stands before every path in links: `/dav`, or empty. Percent-encoded, no trailing slash. */
  readonly mount: string;
  readonly headers: RequestHeaders;
  readonly body: AsyncIterable<Uint8Array> | undefined;
  /** Aborts when the client has left, the adapter closes or the answer takes too long. */
  readonly signal: AbortSignal;
  /** Whether the adapter's own server took the connection: then the Host header is checked. */
  readonly ownServer: boolean;
}

/** An answer before it is put on a wire. */
export interface DavResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Text or bytes known whole, or a stream whose first bytes are here already. */
  readonly body?: string | Uint8Array | BodyStream | undefined;
}

/** What a method works with. */
export interface Call {
  readonly request: DavRequest;
  readonly catalog: Catalog;
  readonly options: ResolvedWebdavOptions;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/** One verb. */
export type Method = (call: Call) => Promise<DavResponse>;
