import type { Catalog, Logger } from '@newsreel/core';
import { checkAuthorized } from './authorize.js';
import { isBodyStream } from './body-stream.js';
import type { Call, DavRequest, DavResponse, Method } from './call.js';
import { checkHost } from './host-check.js';
import { get } from './methods/get.js';
import { lock } from './methods/lock.js';
import { options as optionsMethod } from './methods/options.js';
import { propfind } from './methods/propfind.js';
import { unlock } from './methods/unlock.js';
import type { ResolvedWebdavOptions } from './options.js';
import { maxTargetLength } from './paths.js';
import { Refusal } from './refusal.js';
import { responseFor } from './status.js';
import { allowed, lockingVerbs, readingVerbs, refusedVerbs, type Verb } from './verbs.js';

/** What every request is answered from. */
export interface Service {
  readonly options: ResolvedWebdavOptions;
  readonly catalog: Catalog;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  now(): number;
}

const methods: Readonly<Record<Verb, Method>> = {
  OPTIONS: optionsMethod,
  GET: get,
  HEAD: get,
  PROPFIND: propfind,
  LOCK: lock,
  UNLOCK: unlock,
};

/** Answers a request. Never rejects: every failure before the first byte is an answer. */
export async function answer(service: Service, request: DavRequest): Promise<DavResponse> {
  let response: DavResponse;
  try {
    response = await route(service, request);
  } catch (error) {
    response = responseFor(error);
    const { method, rawPath: path } = request;
    const facts = { err: error, method, path, status: response.status };
    // A client that has left is no failure.
    if (response.status >= 500 && !request.signal.aborted) service.logger.warn(facts, 'a request failed');
    else service.logger.debug(facts, 'a request was refused');
  }
  return finish(request, response);
}

async function route({ options, catalog, now }: Service, request: DavRequest): Promise<DavResponse> {
  checkHost(request, options);
  if (request.rawPath.length + request.query.length > maxTargetLength)
    throw new Refusal(414, 'The address is too long.');
  const user = await options.authenticator?.check(request);
  await checkAuthorized(options.authorize, request, user);
  const call: Call = { request, catalog, options, nowMs: now() };
  return methodFor(request.method, options)(call);
}

function methodFor(verb: string, options: ResolvedWebdavOptions): Method {
  const works =
    readingVerbs.some((known) => known === verb) || (options.locks && lockingVerbs.some((known) => known === verb));
  if (works) return methods[verb as Verb];
  if (!refusedVerbs.has(verb)) throw new Refusal(501, 'This method is not implemented.');
  throw new Refusal(405, 'This server is read-only.', { Allow: allowed(options) });
}

/** What every answer carries; an answer to HEAD ends with its headers. */
function finish(request: DavRequest, response: DavResponse): DavResponse {
  const headers: Record<string, string> = { ...response.headers, 'X-Content-Type-Options': 'nosniff' };
  const { status, body } = response;
  if (!isBodyStream(body) && headers['Content-Length'] === undefined && status !== 204 && status !== 304) {
    headers['Content-Length'] = String(body === undefined ? 0 : Buffer.byteLength(body));
  }
  if (request.method !== 'HEAD') return { status, headers, body };
  if (isBodyStream(body)) body.close();
  return { status, headers };
}
