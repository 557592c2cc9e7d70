/** `name.001`, `name.002`, …; with four digits from 1000 volumes on. */
export function countedNames(name: string, count: number): string[] {
  const digits = Math.max(3, String(count).length);
  return Array.from({ length: count }, (_, at) => `${name}.${String(at + 1).padStart(digits, '0')}`);
}

/** `name.part01.rar`, `name.part02.rar`, …: two digits at least, and as many as the last volume has. */
export function partNames(name: string, count: number): string[] {
  const digits = Math.max(2, String(count).length);
  return Array.from({ length: count }, (_, at) => `${name}.part${String(at + 1).padStart(digits, '0')}.rar`);
}

/** How many names {@link oldRarNames} has: `.rar`, then a hundred for every letter from r to z. */
export const mostOldRarNames = 901;

/** `name.rar`, `name.r00` to `name.r99`, `name.s00` to `name.z99`. */
export function oldRarNames(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => {
    if (at === 0) return `${name}.rar`;
    const letter = String.fromCharCode('r'.charCodeAt(0) + Math.floor((at - 1) / 100));
    return `${name}.${letter}${String((at - 1) % 100).padStart(2, '0')}`;
  });
}
