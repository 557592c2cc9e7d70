import type { ProviderFactory } from '@newsreel/core';
import type { NntpOptions } from './options.js';
import { NntpProvider } from './provider.js';
import { resolveNntpOptions } from './resolve-options.js';

/**
 * One account on one news server, for `createEngine({ providers: [nntp({ host, username, password })] })`. Nothing is
 * connected before the first article is wanted.
 *
 * @throws ConfigInvalidError listing everything wrong with the options
 */
export function nntp(options: NntpOptions): ProviderFactory {
  const resolved = resolveNntpOptions(options);
  return (context) => new NntpProvider(resolved, context);
}
