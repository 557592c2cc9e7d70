import type { Snapshot } from '@newsreel/core';
import { Counter, Gauge, type Registry } from 'prom-client';

/**
 * Registers what came over the wire and what limits it. Readers are not told apart here: there may be a new one for every
 * stream; labels of reads are few.
 */
export function registerTraffic(registry: Registry, snapshot: () => Snapshot | undefined): void {
  const registers = [registry];
  type Row<L extends string> = readonly [Record<L, string>, number];
  /** A counter that the engine keeps itself. */
  const counted = <L extends string>(
    name: string,
    help: string,
    labelNames: L[],
    rows: (now: Snapshot) => readonly Row<L>[],
  ) =>
    new Counter<L>({
      ...{ name, help, registers, labelNames },
      collect() {
        const now = snapshot();
        if (now === undefined) return;
        this.reset();
        for (const [labels, value] of rows(now)) this.inc(labels, value);
      },
    });
  const limits = (name: string, help: string, value: (use: Snapshot['pool']['bandwidth'][number]) => number) =>
    new Gauge<'scope' | 'name'>({
      ...{ name, help, registers, labelNames: ['scope', 'name'] },
      collect() {
        this.reset();
        for (const use of snapshot()?.pool.bandwidth ?? []) this.set({ scope: use.scope, name: use.name }, value(use));
      },
    });
  counted(
    'newsreel_traffic_bytes_total',
    'Bytes of articles read from the wire, taken by somebody or not.',
    ['provider', 'lane'],
    (now) => now.pool.traffic.map(({ provider, lane, wireBytes }) => [{ provider, lane }, wireBytes]),
  );
  counted(
    'newsreel_traffic_wasted_bytes_total',
    'Those that nobody took: given up on the way, overtaken, damaged or refused.',
    ['provider', 'lane'],
    (now) => now.pool.traffic.map(({ provider, lane, wastedBytes }) => [{ provider, lane }, wastedBytes]),
  );
  counted(
    'newsreel_read_bytes_by_label_total',
    'Bytes handed to readers, by the label of the read.',
    ['label'],
    (now) => Object.entries(now.bytesRead).map(([label, bytes]) => [{ label }, bytes]),
  );
  limits(
    'newsreel_bandwidth_limit_bytes_per_second',
    'Bandwidth limits in force: of the engine, a lane or a provider.',
    (use) => use.maxBytesPerSecond,
  );
  limits(
    'newsreel_bandwidth_bytes_per_second',
    'Bytes per second asked for under those limits, smoothed.',
    (use) => use.bytesPerSecond,
  );
}
