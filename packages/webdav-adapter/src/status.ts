import { type ErrorCode, NewsreelError, type RangeInvalidError } from '@newsreel/core';
import type { DavResponse } from './call.js';
import { Refusal } from './refusal.js';

/** What HTTP says for each failure, before the first byte. The words never contain anything from the error itself. */
interface StatusAnswer {
  readonly status: number;
  readonly text: string;
}

/** Total: a new error code does not compile until it is answered here. */
export const statusOf: Readonly<Record<ErrorCode, StatusAnswer>> = {
  ERR_ARTICLE_MISSING: { status: 502, text: 'An article of this file is missing on every provider.' },
  ERR_ARTICLE_CORRUPT: { status: 502, text: 'An article of this file is damaged on every provider.' },
  ERR_PROVIDER_UNAVAILABLE: { status: 503, text: 'No provider can be reached now. Try again later.' },
  ERR_PROVIDER_AUTH: { status: 502, text: 'A provider refused the login.' },
  ERR_QUOTA: { status: 503, text: 'The quota of the provider is used up. Try again later.' },
  ERR_TIMEOUT: { status: 504, text: 'The answer took too long.' },
  ERR_NZB_INVALID: { status: 422, text: 'The NZB is not usable.' },
  ERR_FILE_NOT_FOUND: { status: 404, text: 'There is nothing at this address.' },
  ERR_RANGE_INVALID: { status: 416, text: 'The range is not inside the file.' },
  ERR_CONFIG_INVALID: { status: 500, text: 'The server is not configured correctly.' },
  ERR_FILE_CHANGED: { status: 409, text: 'The file changed. Open it again.' },
  ERR_ARCHIVE_UNSUPPORTED: { status: 501, text: 'This file is packed in a way that cannot be read.' },
  ERR_PASSWORD: { status: 403, text: 'This file is encrypted, and the right password was not given.' },
  ERR_LAYOUT_UNKNOWN: { status: 503, text: 'The size of this file is not known yet. Try again later.' },
  ERR_LISTEN: { status: 500, text: 'The server is not configured correctly.' },
  ERR_MOUNT_UNAVAILABLE: { status: 500, text: 'The server is not configured correctly.' },
  ERR_ACCESS: { status: 403, text: 'This is not allowed.' },
  ERR_CLOSED: { status: 503, text: 'The server is shutting down.' },
};

/** Seconds after which a 503 may be tried again. */
const retryAfterSeconds = '5';

/** A short answer in words. */
export function plain(status: number, text: string, headers: Readonly<Record<string, string>> = {}): DavResponse {
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8', ...headers }, body: `${text}\n` };
}

/** The answer to any failure. */
export function responseFor(error: unknown): DavResponse {
  if (error instanceof Refusal) return plain(error.status, error.message, error.headers);
  if (!NewsreelError.isInstance(error)) return plain(500, 'Something went wrong here.');
  // An error of a newer core may carry a code this table has never heard of.
  const answer: StatusAnswer = statusOf[error.code] ?? { status: 500, text: 'Something went wrong here.' };
  return plain(answer.status, answer.text, headersFor(error, answer.status));
}

function headersFor(error: NewsreelError, status: number): Record<string, string> {
  if (error.code === 'ERR_RANGE_INVALID') return { 'Content-Range': `bytes */${(error as RangeInvalidError).size}` };
  return status === 503 ? { 'Retry-After': retryAfterSeconds } : {};
}
