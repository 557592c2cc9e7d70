export { type DecodedYenc, type DecodeYencOptions, decodeYenc } from './yenc/decode-yenc.js';
export type { DecodeEngineName } from './yenc/port.js';
