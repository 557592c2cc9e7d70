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
  const usable = members
    .filter((member) => member.look().waitMs < Number.POSITIVE_INFINITY)
    .map((member) => ({ member, stats: member.stats() }));
  usable.sort((a, b) => a.stats.priority - b.stats.priority);
  const tier = usable.filter(({ stats }) => stats.priority === usable[0]?.stats.priority);
  let left = count ?? tier.reduce((sum, { stats }) => sum + stats.learnedLimit, 0);
  const asked = (count === undefined ? tier : usable).flatMap(({ member, stats }) => {
    const share = Math.min(left, stats.learnedLimit);
    left -= share;
    return share > 0 ? [{ member, share }] : [];
  });
  const results = await Promise.allSettled(asked.map(({ member, share }) => member.provider.warm(share, { signal })));
  throwIfAborted(signal);
  if (members.length === 0 || count === 0 || results.some(({ status }) => status === 'fulfilled')) return;
  const reasons: unknown[] = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  if (reasons.length === 1) throw reasons[0];
  const provider = asked.at(-1)?.member.name ?? members.at(-1)?.name ?? 'none';
  const causes = reasons.length > 0 ? reasons : members.map(({ breaker }) => breaker.cause);
  throw new ProviderUnavailableError({
    provider,
    message: 'No provider could be reached',
    cause: new AggregateError(causes),
  });
}
