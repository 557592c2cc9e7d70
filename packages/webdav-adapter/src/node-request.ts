import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DavRequest } from './call.js';
import type { RequestHeaders } from './hooks.js';
import { maxBodyBytes } from './xml.js';

/** Where a request points to: what stands before the catalog, and the path in it. */
export interface Location {
  readonly mount: string;
  readonly rawPath: string;
  readonly query: string;
}

/** What routers add to a request. */
interface RoutedRequest extends IncomingMessage {
  readonly baseUrl?: unknown;
  readonly originalUrl?: unknown;
}

/** Where a request points to; `undefined` when that is not below `basePath`. */
export function locate(target: string, basePath: string): Location | undefined {
  const { path, query } = split(target);
  if (path === '*') return { mount: basePath, rawPath: path, query };
  if (basePath !== '' && path !== basePath && !path.startsWith(`${basePath}/`)) return undefined;
  return { mount: basePath, rawPath: path.slice(basePath.length) || '/', query };
}

/** As {@link locate} for a `node:http` request; what a router has taken off takes the place of `basePath`. */
export function locateNode(request: IncomingMessage, basePath: string): Location | undefined {
  const target = request.url ?? '/';
  const mount = mountOf(request, split(target).path);
  if (mount === undefined) return locate(target, basePath);
  const location = locate(target, '');
  // A doubled slash at the start of a link would name another host.
  return location && { ...location, mount: mount.replace(/^\/+/, '/').replace(/\/$/, '') };
}

/** The request in the neutral form. */
export function fromNode(
  request: IncomingMessage,
  location: Location,
  more: { readonly signal: AbortSignal; readonly ownServer: boolean },
): DavRequest {
  return { method: request.method ?? 'GET', headers: headersOf(request), body: request, ...location, ...more };
}

/**
 * Whether the rest of the request body is more than is worth reading only to throw it away: then the connection ends
 * with the answer.
 */
export function leavesBodyUnread(request: IncomingMessage, signal: AbortSignal): boolean {
  if (request.complete) return false;
  if (signal.aborted) return true; // it did not arrive in time
  return (
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > maxBodyBytes
  );
}

/** Calls back when the client has left before the answer was finished. Returns the unsubscribe. */
export function onLeft(request: IncomingMessage, response: ServerResponse, left: () => void): () => void {
  // A pipelined request has no response socket yet; only the connection itself tells of its end.
  const socket = request.httpVersionMajor < 2 ? request.socket : undefined;
  const onClose = () => {
    // A response closes after a good end, too.
    if (!response.writableFinished) left();
  };
  response.once('close', onClose);
  socket?.once('close', onClose);
  if (response.destroyed || socket?.destroyed === true) onClose();
  return () => {
    response.off('close', onClose);
    socket?.off('close', onClose);
  };
}

/** Whether the response has its connection: pipelined ones wait for those before them. */
export function isOnTurn(request: IncomingMessage, response: ServerResponse): boolean {
  return request.httpVersionMajor >= 2 || response.socket !== null;
}

/** Resolves when it is this answer's turn on its connection, or the signal aborts. */
export function onTurn(request: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<void> {
  if (isOnTurn(request, response) || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      response.off('socket', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    response.once('socket', done);
    signal.addEventListener('abort', done, { once: true });
  });
}

function headersOf({ headers }: IncomingMessage): RequestHeaders {
  return {
    get(name) {
      const value = headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
  };
}

/** The prefix a router took off: express says it, connect only leaves the original beside the rest. */
function mountOf(request: RoutedRequest, path: string): string | undefined {
  const { baseUrl, originalUrl } = request;
  if (typeof baseUrl === 'string' && baseUrl !== '') return baseUrl;
  if (typeof originalUrl !== 'string') return undefined;
  const original = split(originalUrl).path;
  if (original === path) return undefined;
  if (original.endsWith(path)) return original.slice(0, original.length - path.length);
  return path === '/' ? original : undefined;
}

/** Takes a request target apart (RFC 9112 section 3.2): the absolute form is what proxies receive. */
function split(target: string): { readonly path: string; readonly query: string } {
  const origin = target.replace(/^https?:\/\/[^/?#]*/i, '').replace(/#.*$/, '');
  const mark = origin.indexOf('?');
  const path = mark < 0 ? origin : origin.slice(0, mark);
  return { path: path === '' ? '/' : path, query: mark < 0 ? '' : origin.slice(mark) };
}
