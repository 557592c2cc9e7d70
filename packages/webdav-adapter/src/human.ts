import { secondsOf } from './conditional.js';

const units = ['kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** A size as people read it: `1.4 GB`, `52 GB`. Powers of 1000. */
export function humanSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  let value = bytes;
  let unit = -1;
  // 999.5 would be written as 1000 of the smaller unit.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[Math.max(unit, 0)]}`;
}

/** A moment in the two forms a page needs; `undefined` when there is no sensible date. */
export function humanDate(modifiedMs: number): { readonly exact: string; readonly short: string } | undefined {
  const seconds = secondsOf(modifiedMs);
  if (seconds === undefined) return undefined;
  const exact = `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
  return { exact, short: exact.slice(0, 16).replace('T', ' ') };
}

/** `1 file`, `2 files`. */
export function count(amount: number, noun: string): string {
  return `${amount.toLocaleString('en')} ${noun}${amount === 1 ? '' : 's'}`;
}
