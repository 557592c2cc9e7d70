import { createHmac, randomBytes } from 'node:crypto';
import { ArchiveUnsupportedError, ClosedError } from '../../errors/index.js';
import type { Closeable, RequestOptions } from '../../model/common.js';
import { closeOnce } from '../../util/close-all.js';
import { throwIfAborted } from '../../util/signals.js';
import type { KeyDerivation } from './key-derivation.js';
import { deriveRar4 } from './rar4-keys.js';
import { deriveRar5 } from './rar5-keys.js';
import { deriveSevenZip, sevenZipPlain } from './seven-zip-key.js';
import { SharedKeys } from './shared-keys.js';

/** Binary logarithm of the most rounds anything may cost: both formats allow no more. RAR and 7-Zip use 15 to 19. */
const maxLog2Count = 24;
/** The most bytes one key may take to hash: some seconds. Only the longest passwords at the highest costs come there. */
const maxHashedBytes = 2 ** 32;

/** Makes keys out of passwords. Nothing runs before the first call; keys are kept, at most 64 of each format. */
export function createKeyDerivation(): KeyDerivation & Closeable {
  return new CachedKeyDerivation();
}

class CachedKeyDerivation implements KeyDerivation, Closeable {
  // What is remembered is found by a keyed hash: no password stays in memory, nor anything it could be guessed from.
  readonly #secret = randomBytes(32);
  readonly #rar5 = new SharedKeys<Awaited<ReturnType<KeyDerivation['rar5']>>>();
  readonly #rar4 = new SharedKeys<Awaited<ReturnType<KeyDerivation['rar4']>>>();
  readonly #sevenZip = new SharedKeys<Uint8Array>();
  #isClosed = false;

  async rar5(request: Parameters<KeyDerivation['rar5']>[0], { signal }: RequestOptions = {}) {
    const { password, salt, log2Count } = request;
    this.#throwIfUnusable(signal);
    checkCost('rar5', log2Count);
    const id = this.#idOf(password, salt, log2Count);
    return this.#rar5.get(id, (options) => deriveRar5(password, salt, log2Count, options), signal);
  }

  async rar4(request: Parameters<KeyDerivation['rar4']>[0], { signal }: RequestOptions = {}) {
    const { password, salt } = request;
    this.#throwIfUnusable(signal);
    return this.#rar4.get(this.#idOf(password, salt, 0), (options) => deriveRar4(password, salt, options), signal);
  }

  async sevenZip(request: Parameters<KeyDerivation['sevenZip']>[0], { signal }: RequestOptions = {}) {
    const { password, salt, log2Count } = request;
    this.#throwIfUnusable(signal);
    const roundBytes = salt.length + 2 * password.length + 8;
    if (log2Count !== sevenZipPlain) checkCost('7z', log2Count, roundBytes);
    const id = this.#idOf(password, salt, log2Count);
    return this.#sevenZip.get(id, (options) => deriveSevenZip(password, salt, log2Count, options), signal);
  }

  readonly close = closeOnce(async () => {
    this.#isClosed = true;
    const reason = new ClosedError({ what: 'the derivation of keys' });
    for (const keys of [this.#rar5, this.#rar4, this.#sevenZip]) keys.clear(reason);
  });

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #throwIfUnusable(signal: AbortSignal | undefined): void {
    if (this.#isClosed) throw new ClosedError({ what: 'the derivation of keys' });
    throwIfAborted(signal);
  }

  #idOf(password: string, salt: Uint8Array | undefined, log2Count: number): string {
    const head = `${log2Count} ${salt?.length ?? 'none'} `;
    const hmac = createHmac('sha256', this.#secret).update(head);
    if (salt) hmac.update(salt);
    return hmac.update(password, 'utf16le').digest('base64');
  }
}

/** @throws ArchiveUnsupportedError when a key would cost too much, or as much as nothing sensible can */
function checkCost(format: 'rar5' | '7z', log2Count: number, roundBytes = 0): void {
  const isPossible = Number.isInteger(log2Count) && log2Count >= 0 && log2Count <= maxLog2Count;
  if (isPossible && 2 ** log2Count * roundBytes <= maxHashedBytes) return;
  const message = `A key of 2^${log2Count} rounds costs more than the limit of 2^${maxLog2Count}`;
  throw new ArchiveUnsupportedError({ format, reason: 'feature', message });
}
