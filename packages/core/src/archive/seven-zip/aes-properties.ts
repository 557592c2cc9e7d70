import { sevenZipError } from './seven-zip-error.js';

/** What a key is derived from and how decrypting begins. */
export interface AesProperties {
  /** Binary logarithm of the rounds; 63 means none. */
  readonly log2Count: number;
  readonly salt: Uint8Array;
  /** 16 bytes. */
  readonly iv: Uint8Array;
}

/**
 * Properties of the method 7zAES: a byte of rounds and two flags, a byte of two lengths, salt, initialisation vector
 * (7-Zip's `7zAes.cpp`).
 */
export function aesProperties(properties: Uint8Array): AesProperties {
  const [first = 0, second = 0] = properties;
  const saltBytes = first & 0xc0 ? (first >> 7) + (second >> 4) : 0;
  const ivBytes = first & 0xc0 ? ((first >> 6) & 1) + (second & 0x0f) : 0;
  if (properties.length < 1 || (first & 0xc0 && properties.length !== 2 + saltBytes + ivBytes))
    throw sevenZipError('damaged', 'the properties of the encryption do not fit');
  const iv = new Uint8Array(16);
  iv.set(properties.subarray(2 + saltBytes, 2 + saltBytes + ivBytes));
  return { log2Count: first & 0x3f, salt: properties.subarray(2, 2 + saltBytes), iv };
}
