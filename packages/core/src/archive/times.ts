/** Between 1601, where Windows begins to count, and 1970. */
export const windowsEpochMs = 11_644_473_600_000;

/** A time of FAT and DOS in milliseconds since 1970; it is local and taken for UTC. `undefined` when it is no time. */
export function dosTimeMs(value: number): number | undefined {
  const month = (value >>> 21) & 0x0f;
  const day = (value >>> 16) & 0x1f;
  if (month < 1 || month > 12 || day < 1) return undefined;
  const year = 1980 + (value >>> 25);
  return Date.UTC(year, month - 1, day, (value >>> 11) & 0x1f, (value >>> 5) & 0x3f, (value & 0x1f) * 2);
}

/** A time of Windows, in steps of 100 ns since 1601, in milliseconds since 1970. */
export function windowsTimeMs(value: number): number {
  return Math.floor(value / 10_000) - windowsEpochMs;
}
