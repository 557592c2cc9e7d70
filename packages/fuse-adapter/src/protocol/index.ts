export { decodeRequest, opcodeName } from './decode.js';
export * from './errno.js';
export * from './flags.js';
export * from './folder-writer.js';
export { MalformedRequest } from './malformed-request.js';
export type * from './messages.js';
export * from './negotiate.js';
export * from './notices.js';
export * from './reply.js';
