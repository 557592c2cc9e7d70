import { type MessageId, type PluginContext, ProviderAuthError, ProviderUnavailableError } from '@newsreel/core';
import type { ExchangeHost, NextStep, Repeat } from '../connection/exchange.js';
import { login } from '../connection/login.js';
import { commands } from '../protocol/commands.js';
import type { StatusLine } from '../protocol/reply-parser.js';
import { meaningOf, type ReplyMeaning, replyError, showReply } from '../replies.js';
import type { ResolvedNntpOptions } from '../resolve-options.js';
import type { ConnectionStats } from './connection-stats.js';
import type { Place } from './member.js';
import type { PlaceRequest } from './placement.js';

/** What requests of one provider share. */
export interface RequestContext extends Pick<PluginContext, 'clock' | 'events' | 'logger'> {
  readonly options: ResolvedNntpOptions;
  readonly stats: ConnectionStats;
  /** What this server turned out to want. `article`: it refuses BODY, so ARTICLE is sent. */
  readonly habits: { article: boolean };
  /** A place on another connection, for what its own did not answer. */
  placeElsewhere(request: PlaceRequest): Place | undefined;
}

/** What to do after a status line that is not the one hoped for. */
export type SessionStep = NextStep | { readonly error: unknown; readonly meaning: ReplyMeaning };

/**
 * Decides what follows a reply that brought nothing: log in (again), switch modes or select a group and repeat, once
 * each; try another connection where this one is being closed; or fail.
 */
export function sessionStep(
  context: RequestContext,
  line: StatusLine,
  id: MessageId,
  repeated: Set<string>,
): SessionStep {
  const { options } = context;
  if (line.code < 400) return { broken: replyError('unavailable', line, { provider: options.name }), again: true };
  const meaning = meaningOf('session', line);
  const error = replyError(meaning, line, { provider: options.name, id });
  if (meaning === 'closing') return { broken: error, again: true };
  if (meaning !== 'login' && meaning !== 'mode-reader' && meaning !== 'group') return { error, meaning };
  if (meaning === 'login' && !options.login) return { error: noLogin(options.name, line), meaning };
  if (repeated.has(meaning)) return { error, meaning };
  repeated.add(meaning);
  return { repeat: { after: prologues(options)[meaning] } };
}

function prologues(options: ResolvedNntpOptions): Record<'login' | 'mode-reader' | 'group', Repeat['after']> {
  return {
    login: async (host: ExchangeHost) => {
      const refused = await login(host, options);
      if (refused !== undefined) throw refused.error;
    },
    'mode-reader': async (host: ExchangeHost) => {
      await host.ask(commands.modeReader, 'login');
    },
    // Which group does not matter for message-ids; where this one is not carried the repeat says so.
    group: async (host: ExchangeHost) => {
      await host.ask(commands.group(options.group), 'reply');
    },
  };
}

function noLogin(provider: string, line: StatusLine): ProviderAuthError {
  const message = `${provider} wants a login and none is configured: ${showReply(line)}`;
  return new ProviderAuthError({ provider, message });
}

/** Whether a reply names another article than the one whose turn it is: the server lost count of the pipeline. */
export function answeredOther({ text }: StatusLine, id: MessageId): boolean {
  const at = text.indexOf('<') + 1;
  if (at === 0 || (text.startsWith(id, at) && text[at + id.length] === '>')) return false;
  const named = /<([^<>\s]{1,250})>/.exec(text)?.[1];
  return named !== undefined && named !== id;
}

/** The error for a server that answered for another article. */
export function lostCount(provider: string, line: StatusLine): ProviderUnavailableError {
  const message = `${provider} answered for another article than the one whose turn it was`;
  return new ProviderUnavailableError({ provider, message, reply: showReply(line) });
}
