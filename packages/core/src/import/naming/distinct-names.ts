import { numberedName } from '../../catalog/paths.js';

/**
 * The same names, each once: later ones get a number. Names that differ in capitals or in how accents are written are the
 * same on some file systems, and count as the same.
 */
export function distinctNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  const nextNumbers = new Map<string, number>();
  // A name that is somebody's own is never given to another because of its number.
  const wanted = new Set(names.map(folded));
  return names.map((name) => {
    const key = folded(name);
    if (!taken.has(key)) {
      taken.add(key);
      return name;
    }
    let number = nextNumbers.get(key) ?? 2;
    let free = numberedName(name, number);
    while (taken.has(folded(free)) || wanted.has(folded(free))) free = numberedName(name, ++number);
    nextNumbers.set(key, number + 1);
    taken.add(folded(free));
    return free;
  });
}

function folded(name: string): string {
  return name.normalize('NFC').toLowerCase();
}
