import { parseOptions } from '@newsreel/core/plugin';
import type { Registry } from 'prom-client';
import { z } from 'zod';

/** How the numbers are shown. */
export interface PrometheusOptions {
  /** Port to listen on; 0 takes any free one. Left out: no server, use `handler` or `text()` in your own. */
  readonly port?: number | undefined;
  /** Address to listen on. Beyond loopback it needs `token` or `allowAnonymous`. @default '127.0.0.1' */
  readonly host?: string | undefined;
  /** Path of the page. @default '/metrics' */
  readonly path?: string | undefined;
  /** Asks scrapers for `Authorization: Bearer <token>`, compared in constant time. @default none */
  readonly token?: string | undefined;
  /** Allows listening beyond loopback without a token. @default false */
  readonly allowAnonymous?: boolean | undefined;
  /** Registry to register in, when your app has one already. Its other metrics are left alone. @default a new one */
  readonly registry?: Registry | undefined;
  /** Labels put on every metric of the registry, as `{ instance: 'one' }`. @default none */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /**
   * Also collects the process's own numbers: CPU, memory, event-loop delay, garbage collection.
   * @default true, but false with a `registry` of your own, which may collect them already
   */
  readonly processMetrics?: boolean | undefined;
}

/** Options after defaults. */
export interface ResolvedPrometheusOptions extends PrometheusOptions {
  readonly host: string;
  readonly path: string;
  readonly allowAnonymous: boolean;
  readonly processMetrics: boolean;
}

const schema = z.strictObject({
  port: z.int().min(0).max(65_535).optional(),
  host: z.string().min(1).default('127.0.0.1'),
  path: z.string().startsWith('/').default('/metrics'),
  token: z.string().min(1).optional(),
  allowAnonymous: z.boolean().default(false),
  registry: z
    .custom<Registry>((value) => typeof value === 'object' && value !== null && 'registerMetric' in value)
    .optional(),
  labels: z.record(z.string(), z.string()).optional(),
  processMetrics: z.boolean().optional(),
});

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Fails to compile when the documented options and the schema drift apart. */
const inStep: Equal<keyof Mutable<PrometheusOptions>, keyof z.input<typeof schema>> = true;
void inStep;

/** Fills in defaults and refuses nonsense. @throws ConfigInvalidError listing everything that is wrong */
export function parsePrometheusOptions(input: PrometheusOptions): ResolvedPrometheusOptions {
  const parsed = parseOptions('prometheus options', schema, input);
  return Object.freeze({ ...parsed, processMetrics: parsed.processMetrics ?? parsed.registry === undefined });
}
