import type { Grant } from './placement.js';
import { ruleFor } from './retry.js';

/** Tells a provider's circuit breaker how a failed request went. */
export function settle(grant: Grant, error: unknown): void {
  const { action, countsAgainst } = ruleFor(error);
  if (action === 'disable') grant.member.breaker.disable(error);
  else if (countsAgainst) grant.pass.failed(error);
  else grant.pass.answered();
}
