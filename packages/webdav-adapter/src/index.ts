/**
 * Serves a Newsreel catalog over HTTP and WebDAV.
 * @packageDocumentation
 */
export type { Authenticate, Authorize, RequestHeaders, WebdavRequest } from './hooks.js';
export type { WebdavOptions } from './options.js';
export type { WebdavAddress } from './server.js';
export { type WebdavAdapter, webdav } from './webdav.js';
