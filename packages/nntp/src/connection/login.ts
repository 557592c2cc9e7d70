import { ConfigInvalidError, type NewsreelError, ProviderAuthError, ProviderUnavailableError } from '@newsreel/core';
import { isLoopback } from '@newsreel/core/plugin';
import { commands } from '../protocol/commands.js';
import type { StatusLine } from '../protocol/reply-parser.js';
import { meaningOf, type ReplyMeaning, replyError, showReply } from '../replies.js';
import type { ResolvedNntpOptions } from '../resolve-options.js';
import type { ExchangeHost } from './exchange.js';

/** Why a server would not have us: what the pool makes its decisions from. */
export type RefusalKind = 'limit' | 'busy' | 'auth' | 'unreachable';

/** A greeting or login that did not go well. Carried as a value; only its `error` is ever thrown at callers. */
export interface Refusal {
  readonly kind: RefusalKind;
  readonly error: unknown;
}

/** Logs in when the account asks for it. Never pipelined (RFC 4643, section 2.3). Returns what went wrong, if anything. */
export async function login(host: ExchangeHost, options: ResolvedNntpOptions): Promise<Refusal | undefined> {
  if (!options.login) return undefined;
  const exposed = exposure(host, options);
  if (exposed !== undefined) return { kind: 'auth', error: exposed };
  const credentials = await readCredentials(options);
  if ('kind' in credentials) return credentials;
  const first = await tryLogin(host, credentials);
  if (meaningOf('login', first) !== 'mode-reader') return verdict(first, options);
  // A server that switches modes does not know AUTHINFO before this (RFC 3977, section 3.4.2).
  await host.ask(commands.modeReader, 'login');
  return verdict(await tryLogin(host, credentials), options);
}

async function tryLogin(host: ExchangeHost, credentials: { username: string; password: string }): Promise<StatusLine> {
  const reply = await host.ask(commands.user(credentials.username), 'login');
  return reply.code === 381 ? host.ask(commands.password(credentials.password), 'login') : reply;
}

function verdict(reply: StatusLine, options: ResolvedNntpOptions): Refusal | undefined {
  if (Math.floor(reply.code / 100) === 2 || /already authenticated/i.test(reply.text)) return undefined;
  const { name: provider } = options;
  const meaning = meaningOf('login', reply);
  if (meaning === 'ok') {
    const message = `${provider} asked for something unknown during the login: ${showReply(reply)}`;
    return { kind: 'unreachable', error: new ProviderUnavailableError({ provider, message, reply: showReply(reply) }) };
  }
  return refusal(reply.code === 480 ? 'auth' : meaning, reply, provider);
}

/** Turns a reply that refuses us into what the pool needs to know. */
export function refusal(meaning: ReplyMeaning, reply: StatusLine, provider: string): Refusal {
  const kinds: Partial<Record<ReplyMeaning, RefusalKind>> = {
    limit: 'limit',
    busy: 'busy',
    auth: 'auth',
    encrypt: 'auth',
  };
  return { kind: kinds[meaning] ?? 'unreachable', error: replyError(meaning, reply, { provider }) };
}

async function readCredentials(
  options: ResolvedNntpOptions,
): Promise<{ readonly username: string; readonly password: string } | Refusal> {
  try {
    return await options.credentials();
  } catch (cause) {
    const { name: provider } = options;
    if (cause instanceof ConfigInvalidError) {
      const message = `${provider}: the username or password cannot be sent (empty, too long, or with line breaks)`;
      return { kind: 'auth', error: new ProviderAuthError({ provider, message, cause }) };
    }
    const message = `${provider}: the username or password could not be read`;
    return { kind: 'unreachable', error: new ProviderUnavailableError({ provider, message, cause }) };
  }
}

/** The error when logging in would show the password to the network; nothing has been sent then. */
function exposure(host: ExchangeHost, options: ResolvedNntpOptions): NewsreelError | undefined {
  if (host.encrypted || options.allowPlaintext) return undefined;
  const direct = options.socks === undefined && options.connect === undefined;
  const address = direct ? (host.remoteAddress ?? options.host) : options.host;
  if (isLoopback(address)) return undefined;
  const { name: provider } = options;
  const message =
    `${provider}: the login would send the password in plain text. ` +
    'Use TLS (the default), or set allowPlaintext if you accept that.';
  return new ProviderAuthError({ provider, message });
}
