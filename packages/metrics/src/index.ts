/**
 * Prometheus metrics for a Newsreel engine, on prom-client.
 * @packageDocumentation
 */
export type { PrometheusOptions } from './options.js';
export { type PrometheusAdapter, prometheus } from './prometheus.js';
