import { ProviderUnavailableError } from '../errors/index.js';
import { throwIfAborted } from '../util/signals.js';
import type { Member } from './member.js';

/**
 * Opens connections ahead of need, best tier first.
 * @param count how many in all; by default every connection of the best tier
 * @throws the reason when none could be opened, of several all of them as the cause
 */
export async function warmMembers(
  members: readonly Member[],
  count: number | undefined,
  signal: AbortSignal,
): Promise<void> {
  const usable = members.filter((member) => !member.disabled).sort((a, b) => a.provider.priority - b.provider.priority);
  const best = usable[0]?.provider.priority;
  const tier = usable.filter((member) => member.provider.priority === best);
  let left = count ?? tier.reduce((sum, member) => sum + member.stats().learnedLimit, 0);
  const shares = (count === undefined ? tier : usable).map((member) => {
    const share = Math.min(left, member.stats().learnedLimit);
    left -= share;
    return { member, share };
  });
  const asked = shares.filter(({ share }) => share > 0);
  const results = await Promise.allSettled(asked.map(({ member, share }) => member.provider.warm(share, { signal })));
  throwIfAborted(signal);
  const reasons: unknown[] = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  if (asked.length === 0 || reasons.length < asked.length) return;
  if (reasons.length === 1) throw reasons[0];
  const provider = asked.at(-1)?.member.name ?? 'none';
  throw new ProviderUnavailableError({
    provider,
    message: 'No provider could be reached',
    cause: new AggregateError(reasons),
  });
}
