import type { PlannedSet, SetKind } from './piece-set.js';

const patterns: readonly (readonly [SetKind, RegExp, (match: RegExpExecArray) => number])[] = [
  ['rar', /^(.+)\.part(\d{1,5})\.rar$/i, (match) => Number(match[2]) - 1],
  ['rar', /^(.+)\.rar$/i, () => 0],
  [
    'rar',
    /^(.+)\.([r-z])(\d\d)$/i,
    (m) => 1 + 100 * ((m[2] as string).toLowerCase().charCodeAt(0) - 114) + Number(m[3]),
  ],
  ['7z', /^(.+)\.7z(?:\.(\d{2,4}))?$/i, (match) => Number(match[2] ?? 1) - 1],
  ['zip', /^(.+)\.zip(?:\.(\d{2,4}))?$/i, (match) => Number(match[2] ?? 1) - 1],
  ['tar', /^(.+)\.tar$/i, () => 0],
  ['split', /^(.+)\.(\d{3})$/i, (match) => Number(match[2]) - 1],
];

/** Groups names into sets of volumes. */
export function setsByName(names: readonly string[]): { sets: PlannedSet[]; rest: number[] } {
  const sets = new Map<string, { kind: SetKind; base: string; at: Map<number, number> }>();
  const rest: number[] = [];
  for (const [index, name] of names.entries()) {
    const found = patterns
      .map(([kind, pattern, number]) => ({ kind, match: pattern.exec(name), number }))
      .find((p) => p.match);
    if (!found?.match) {
      rest.push(index);
      continue;
    }
    const base = found.match[1] as string;
    const key = `${found.kind}/${base.toLowerCase()}`;
    const set = sets.get(key) ?? { kind: found.kind, base, at: new Map() };
    sets.set(key, set);
    set.at.set(found.number(found.match), index);
  }
  const planned = [...sets.values()].map(({ kind, base, at }) => {
    const numbers = [...at.keys()].sort((a, b) => a - b);
    const missing: number[] = [];
    for (let number = 0; number < (numbers.at(-1) ?? 0); number++) if (!at.has(number)) missing.push(number);
    return { kind, base, members: numbers.map((number) => at.get(number) as number), missing };
  });
  return { sets: planned, rest };
}
