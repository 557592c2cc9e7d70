import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How late a timer of 1 ms fires while work is done, that 1 ms included, as Node counts it; in milliseconds. */
export async function delayDuring(work) {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  await work();
  histogram.disable();
  const milliseconds = (nanoseconds) => nanoseconds / 1e6;
  return {
    p50: milliseconds(histogram.percentile(50)),
    p99: milliseconds(histogram.percentile(99)),
    max: milliseconds(histogram.max),
  };
}
