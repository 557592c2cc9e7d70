import { type Clock, NewsreelError, ProviderUnavailableError } from '@newsreel/core';
import { onAbort, throwIfAborted } from '@newsreel/core/plugin';
import { commands } from '../protocol/commands.js';
import { meaningOf, showReply } from '../replies.js';
import type { ResolvedNntpOptions } from '../resolve-options.js';
import { Connection } from './connection.js';
import { type DialContext, dial, upgrade } from './dial.js';
import { login, type Refusal, refusal } from './login.js';
import type { ConnectionOwner } from './owner.js';

/** A connection that is logged in, or why there is none. */
export type HandshakeResult =
  | { readonly connection: Connection; readonly refused?: undefined }
  | {
      readonly connection?: undefined;
      /** Why; `gone` resolves when its socket, if there was one, is gone. */
      readonly refused: Refusal & { readonly gone: Promise<void> };
    };

/** What a handshake needs besides the options. */
export interface HandshakeContext extends DialContext {
  readonly clock: Clock;
  readonly owner: ConnectionOwner;
}

/**
 * From nothing to a connection that takes commands: transport, greeting, STARTTLS, login. Each phase has its deadline.
 * Never rejects; a failed connection is dropped.
 */
export async function handshake(options: ResolvedNntpOptions, context: HandshakeContext): Promise<HandshakeResult> {
  let connection: Connection | undefined;
  const stopWatching = onAbort(context.signal, (reason) => connection?.drop('aborted', reason));
  try {
    throwIfAborted(context.signal);
    connection = new Connection(await dial(options, context), options, context.clock, context.owner);
    if (context.signal.aborted) connection.drop('aborted', context.signal.reason);
    const refused =
      (await greet(connection, options)) ??
      (await startTls(connection, options, context)) ??
      (await login(connection, options));
    if (refused === undefined) return { connection };
    connection.drop('error', refused.error);
    return { refused: { ...refused, gone: connection.gone } };
  } catch (error) {
    connection?.drop('error', error);
    const gone = connection?.gone ?? Promise.resolve();
    return { refused: { kind: isAuth(error) ? 'auth' : 'unreachable', error, gone } };
  } finally {
    stopWatching();
  }
}

function isAuth(error: unknown): boolean {
  return NewsreelError.isInstance(error) && error.code === 'ERR_PROVIDER_AUTH';
}

async function greet(connection: Connection, options: ResolvedNntpOptions): Promise<Refusal | undefined> {
  const greeting = await connection.ask('', 'greeting');
  if (greeting.code === 200 || greeting.code === 201) return undefined;
  const meaning = meaningOf('greeting', greeting);
  return refusal(meaning === 'ok' ? 'unavailable' : meaning, greeting, options.name);
}

async function startTls(
  connection: Connection,
  options: ResolvedNntpOptions,
  context: HandshakeContext,
): Promise<Refusal | undefined> {
  if (options.encryption !== 'starttls') return undefined;
  const reply = await connection.ask(commands.startTls, 'login', (line) => {
    // At once, inside the read: text that follows the answer in plain could come from anybody (CVE-2011-0411).
    if (line.code === 382) connection.handOver();
    return undefined;
  });
  if (reply.code !== 382) {
    const { name: provider } = options;
    const message = `${provider} does not offer STARTTLS: ${showReply(reply)}`;
    return { kind: 'unreachable', error: new ProviderUnavailableError({ provider, message, reply: showReply(reply) }) };
  }
  const wire = await upgrade(connection.handOver(), options, context);
  connection.takeOver(wire);
  if (connection.ended) wire.destroy();
  return undefined;
}
