import { isUtf8 } from 'node:buffer';

/** Text of bytes whose encoding nobody declared: UTF-8 where they are that, else Latin-1. */
export function plainText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(isUtf8(bytes) ? 'utf8' : 'latin1');
}
