import { ArticleMissingError, type NewsreelError, ProviderAuthError, ProviderUnavailableError } from '@newsreel/core';
import type { StatusLine } from './protocol/reply-parser.js';

/** Where in a connection's life a reply came. The same code means different things in each. */
export type ReplyContext = 'greeting' | 'login' | 'session';

/**
 * What a reply means for us.
 * - `ok`: go on.
 * - `missing`: the article is definitely not there.
 * - `login`: log in first (or again). `mode-reader`: switch the server with MODE READER. `group`: select a group first.
 * - `auth`: name or password are wrong. `encrypt`: the server wants TLS before the login.
 * - `limit`: one connection too many, in so many words. `busy`: refused without a clear reason, which with other
 *   connections open usually means the same.
 * - `closing`: the server is about to close this connection.
 * - `unsupported`: it does not know the command. `unavailable`: anything else.
 */
export type ReplyMeaning =
  | 'ok'
  | 'missing'
  | 'login'
  | 'mode-reader'
  | 'group'
  | 'auth'
  | 'encrypt'
  | 'limit'
  | 'busy'
  | 'closing'
  | 'unsupported'
  | 'unavailable';

type Row = Readonly<Partial<Record<ReplyContext, ReplyMeaning>>>;

/** The one table. Codes: RFC 3977 (section 3.2), RFC 4643 (AUTHINFO), RFC 4642 (STARTTLS), and what servers do. */
const table: Readonly<Record<number, Row>> = {
  400: { greeting: 'busy', login: 'busy', session: 'closing' },
  401: { greeting: 'unavailable', login: 'mode-reader', session: 'mode-reader' },
  403: { greeting: 'busy', login: 'busy', session: 'unavailable' },
  411: { session: 'unavailable' },
  412: { session: 'group' },
  420: { session: 'missing' },
  423: { session: 'missing' },
  430: { session: 'missing' },
  // Not in any RFC: large providers answer 451 for what was taken down.
  451: { session: 'missing' },
  // RFC 2980: "authentication required" under its old number.
  450: { greeting: 'unavailable', login: 'auth', session: 'login' },
  452: { greeting: 'unavailable', login: 'auth', session: 'unavailable' },
  480: { greeting: 'unavailable', login: 'mode-reader', session: 'login' },
  481: { greeting: 'busy', login: 'auth', session: 'unavailable' },
  482: { greeting: 'busy', login: 'auth', session: 'unavailable' },
  483: { greeting: 'encrypt', login: 'encrypt', session: 'encrypt' },
  500: { greeting: 'busy', login: 'mode-reader', session: 'unsupported' },
  501: { greeting: 'busy', login: 'mode-reader', session: 'unavailable' },
  502: { greeting: 'busy', login: 'busy', session: 'unavailable' },
  503: { greeting: 'busy', login: 'busy', session: 'unsupported' },
};

/** "Too many connections" in the words of many servers; a used-up download volume is something else. */
const limitWords =
  /too many|simultaneous|already (connected|logged)|max(imum)?\W.*(connection|session|login|user)|(connection|session|login|thread)s?\b.*(limit|exceed|maximum|reached|in use)|limit\b.*(connection|session)/i;
const volumeWords = /byte|download|quota|traffic|volume|transfer|data|block account/i;
/** 502 with one of these words in a login is about the account, as older servers say 481. */
const credentialWords =
  /passw|authenti?cat|credential|invalid (user|login|account)|unknown user|bad user|login (failed|incorrect)/i;

/** What a reply means in its context. Codes below 400 are `ok`. */
export function meaningOf(context: ReplyContext, reply: StatusLine): ReplyMeaning {
  if (reply.code < 400) return 'ok';
  const meaning = table[reply.code]?.[context] ?? 'unavailable';
  if (context === 'session' && (meaning === 'missing' || reply.code === 430)) return meaning;
  if (limitWords.test(reply.text) && !volumeWords.test(reply.text)) return 'limit';
  if (context === 'login' && meaning === 'busy' && credentialWords.test(reply.text)) return 'auth';
  return meaning;
}

/** Who was asked for what, for the words of an error. */
export interface ReplySubject {
  readonly provider: string;
  /** The article asked for; empty outside of articles. */
  readonly id?: string | undefined;
}

/** The core error a failed reply turns into. */
export function replyError(meaning: ReplyMeaning, reply: StatusLine, subject: ReplySubject): NewsreelError {
  const { provider } = subject;
  const words = showReply(reply);
  switch (meaning) {
    case 'missing':
      return new ArticleMissingError({ messageId: subject.id ?? '', asked: [provider] });
    case 'auth':
      return new ProviderAuthError({ provider, message: `${provider} refused the login: ${words}` });
    case 'encrypt':
      return new ProviderAuthError({ provider, message: `${provider} wants TLS before the login: ${words}` });
    case 'login':
      return new ProviderAuthError({ provider, message: `${provider} wants a login: ${words}` });
    case 'limit':
      return unavailable(provider, `${provider} allows no more connections: ${words}`, words);
    case 'closing':
      return unavailable(provider, `${provider} closes the connection: ${words}`, words);
    default:
      return unavailable(provider, `${provider} refused: ${words}`, words);
  }
}

function unavailable(provider: string, message: string, reply: string): ProviderUnavailableError {
  return new ProviderUnavailableError({ provider, message, reply });
}

/** A reply as it may appear in a message: one printable line of bounded length. */
export function showReply(reply: StatusLine): string {
  const text = reply.text.replace(/[^\x20-\x7e\xa0-\xff]+/g, ' ').slice(0, 200);
  return text === '' ? String(reply.code) : `${reply.code} ${text}`;
}
