import { z } from 'zod';
import type { PrefetchPolicy, SelectionPolicy } from '../model/policies.js';
import type { ProviderPool } from '../model/provider.js';
import type { BandwidthLimits } from '../model/traffic.js';
import { adaptive } from '../prefetch/policies.js';
import { parseOptions } from '../util/parse-options.js';
import { bandwidthSchema } from './bandwidth-options.js';
import type { ResolvedEngineOptions } from './options.js';

/** What can be changed while an engine runs, without interrupting anybody. What is left out stays as it is. */
export interface ReconfigureOptions {
  /** How far readers look ahead; windows that are open follow it from their next move on. */
  readonly prefetch?: PrefetchPolicy | undefined;
  /** Which providers of a tier are asked first, from the next request on. */
  readonly selection?: SelectionPolicy | undefined;
  /** Whether streams hand bytes on before their article is verified; for streams that begin from now on. */
  readonly integrity?: 'progressive' | 'verified' | undefined;
  /**
   * Most bytes per second, from the next request on. It takes the place of all limits there were: `{}` lifts them, but
   * for what providers have in their own options.
   */
  readonly bandwidth?: BandwidthLimits | undefined;
}

const schema = z.strictObject({
  prefetch: z.custom<PrefetchPolicy>((value) => typeof value === 'function', 'must be a function').optional(),
  selection: z.custom<SelectionPolicy>((value) => typeof value === 'function', 'must be a function').optional(),
  integrity: z.enum(['progressive', 'verified']).optional(),
  bandwidth: bandwidthSchema.optional(),
});

/** The settings that may change, behind functions that stay the same. */
export class Settings {
  #prefetch: PrefetchPolicy;
  #integrity: 'progressive' | 'verified';

  constructor(options: Pick<ResolvedEngineOptions, 'prefetch' | 'integrity'>) {
    this.#prefetch = options.prefetch ?? adaptive();
    this.#integrity = options.integrity;
  }

  /** The policy of the moment. */
  readonly prefetch: PrefetchPolicy = (view) => this.#prefetch(view);

  /** The integrity of the moment. */
  get integrity(): 'progressive' | 'verified' {
    return this.#integrity;
  }

  /**
   * Changes what is given, or nothing.
   * @param pool where limits and the choice of providers are put in force
   * @throws ConfigInvalidError
   */
  change(options: ReconfigureOptions, pool: Pick<ProviderPool, 'limit' | 'selectBy'>): void {
    const given = parseOptions<ReconfigureOptions>('engine options', schema, options);
    const { prefetch, selection, integrity, bandwidth } = given;
    if (bandwidth) pool.limit(bandwidth);
    if (selection) pool.selectBy(selection);
    this.#prefetch = prefetch ?? this.#prefetch;
    this.#integrity = integrity ?? this.#integrity;
  }
}
