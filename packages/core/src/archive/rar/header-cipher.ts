import { Buffer } from 'node:buffer';
import { createDecipheriv } from 'node:crypto';

/** Bytes AES works on at once. */
export const aesBlockBytes = 16;

/** The next multiple of 16: encrypted headers and data are filled up to it. */
export const padded = (bytes: number): number => Math.ceil(bytes / aesBlockBytes) * aesBlockBytes;

/** A decrypted header, or the beginning of one. @param bytes a multiple of 16 */
export function decrypted(bytes: Uint8Array, key: Uint8Array, iv: Uint8Array): Buffer {
  const cipher = createDecipheriv(key.length === 16 ? 'aes-128-cbc' : 'aes-256-cbc', key, iv).setAutoPadding(false);
  return Buffer.concat([cipher.update(bytes), cipher.final()]);
}
