import { NewsreelError, type ProviderCheck, ProviderUnavailableError, TimeoutError } from '@newsreel/core';
import type { ResolvedNntpOptions } from '../resolve-options.js';

const certificateCodes =
  /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|HOSTNAME_MISMATCH|INVALID_CA|ERR_SSL_.*CERT)/;

/** Says in words a person can act on why a provider cannot be used. */
export function diagnose(error: unknown, options: ResolvedNntpOptions): ProviderCheck {
  return { provider: options.name, ok: false, message: wordsFor(error, options), cause: error };
}

function wordsFor(error: unknown, options: ResolvedNntpOptions): string {
  if (error instanceof TimeoutError) return timeoutWords(error, options);
  if (error instanceof ProviderUnavailableError && error.reply === undefined) {
    const words = networkWords(codeOf(error), options);
    if (words !== undefined) return words;
  }
  return NewsreelError.isInstance(error) ? error.message : `${options.name} cannot be used: ${String(error)}`;
}

function timeoutWords(error: TimeoutError, { host, port }: ResolvedNntpOptions): string {
  const seconds = error.afterMs / 1000;
  if (error.phase === 'connect')
    return `${host}:${port} did not answer within ${seconds} s. Check the host, the port and any firewall.`;
  if (error.phase === 'greeting')
    return `${host}:${port} accepted the connection but said nothing for ${seconds} s. Is the port right, and TLS on only where the server expects it?`;
  return `${host}:${port} stopped answering (${error.phase}, ${seconds} s).`;
}

function networkWords(code: string, { host, port }: ResolvedNntpOptions): string | undefined {
  if (code === 'ENOTFOUND') return `There is no host named ${host}. Check the spelling.`;
  if (code === 'EAI_AGAIN') return `The name ${host} could not be looked up. Check this machine's network and DNS.`;
  if (code === 'ECONNREFUSED') return `${host} refused the connection on port ${port}. Check the port.`;
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return `${host} cannot be reached from this network.`;
  if (code === 'ECONNRESET') return `${host}:${port} cut the connection while it was being set up.`;
  if (certificateCodes.test(code))
    return `The certificate of ${host} cannot be trusted (${code}). Set tls.ca to its authority, or tls.servername to the name it carries.`;
  if (/^(EPROTO|ERR_SSL)/.test(code))
    return `${host}:${port} does not speak TLS. Try port 563, or tls: 'starttls', or tls: false with allowPlaintext.`;
  return undefined;
}

/** The system's own code for a failure, however deep it lies. Happy eyeballs report one failure per address. */
function codeOf(error: unknown): string {
  for (let current = error; current instanceof Error; current = current.cause) {
    const { code } = current as { code?: unknown };
    if (typeof code === 'string' && !code.startsWith('ERR_PROVIDER')) return code;
    if (current instanceof AggregateError && current.errors.length > 0) return codeOf(current.errors[0]);
  }
  return '';
}
