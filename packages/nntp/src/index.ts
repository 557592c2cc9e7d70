export {
  type NewsConnection,
  type OpenConnectionOptions,
  openConnection,
  type SelectedGroup,
} from './connection/open-connection.js';
export { nntp } from './nntp.js';
export type {
  NntpDeadlines,
  NntpOptions,
  NntpSecret,
  NntpSocksOptions,
  NntpTarget,
  NntpTlsOptions,
} from './options.js';
export { NntpProvider } from './provider.js';
export { type DecodedYenc, type DecodeYencOptions, decodeYenc } from './yenc/decode-yenc.js';
export type { DecodeEngineName } from './yenc/port.js';
