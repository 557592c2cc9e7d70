/** The value that a share of all values does not exceed; 0 when there are none. */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))] ?? 0;
}

/** The one in the middle. */
export const median = (values) => quantile(values, 0.5);

/** The mean. */
export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
