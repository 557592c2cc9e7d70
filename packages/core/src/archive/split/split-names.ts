/** What the name of a piece of a split file says. */
export interface SplitName {
  /** Name of the whole: `film.mkv` of `film.mkv.001`. */
  readonly base: string;
  /** Number of the piece; the first is 0 or 1. */
  readonly number: number;
  /** How many digits it has. */
  readonly width: number;
}

/** Files whose names count the pieces of a whole. */
export interface SplitGroup {
  /** Name of the whole. */
  readonly base: string;
  /** The pieces that are there, ascending; of pieces with the same number the first one counts. */
  readonly pieces: readonly { readonly name: string; readonly number: number }[];
  /** Numbers that are missing before the last piece that is there. Whether more came behind it no name tells. */
  readonly missing: readonly number[];
}

const widths = { least: 2, most: 4 };
/** What is split and posted, so that a single piece of it is believed to be one. */
const knownExtension =
  /\.(?:mkv|mp4|m4v|avi|mov|wmv|ts|m2ts|mpe?g|vob|iso|img|bin|nrg|mdf|rar|zip|7z|tar|t?gz|bz2|xz|zst|flac|mp3|wav|exe|dmg|pkg|wim|vhdx?|vmdk|pdf|epub|bak|gho|tib)$/i;

/**
 * What a file name says about its place among the pieces of a split file. `movie.2019` and `file.264` look like it and are
 * not: {@link groupSplits} decides, by what there is beside it.
 */
export function splitNameOf(fileName: string): SplitName | undefined {
  const dot = fileName.lastIndexOf('.');
  const digits = fileName.slice(dot + 1);
  const { least, most } = widths;
  if (dot < 1 || digits.length < least || digits.length > most || !/^\d+$/.test(digits)) return undefined;
  return { base: fileName.slice(0, dot), number: Number(digits), width: digits.length };
}

/**
 * Finds the split files among file names. A group needs two numbers that follow on each other, or an inner extension that
 * is known; it begins near its beginning, and more of it is there than is missing.
 */
export function groupSplits(names: readonly string[]): SplitGroup[] {
  const found = new Map<string, Map<number, string>>();
  for (const name of names) {
    const split = splitNameOf(name);
    if (split === undefined) continue;
    const key = `${widthOf(split)} ${split.base}`;
    const pieces = found.get(key) ?? new Map<number, string>();
    if (!pieces.has(split.number)) pieces.set(split.number, name);
    found.set(key, pieces);
  }
  return [...found].flatMap(([key, pieces]) => groupOf(key.slice(key.indexOf(' ') + 1), pieces));
}

/** `.999` is followed by `.1000`, so that four digits without a zero in front belong to those of three. */
const widthOf = ({ number, width }: SplitName) => (width === widths.most && number >= 1000 ? 3 : width);

function groupOf(base: string, found: ReadonlyMap<number, string>): SplitGroup[] {
  const pieces = [...found].map(([number, name]) => ({ number, name })).sort((a, b) => a.number - b.number);
  const missing: number[] = [];
  let next = found.has(0) ? 0 : 1;
  for (const { number } of pieces) {
    while (next < number) missing.push(next++);
    next = number + 1;
  }
  const isKnown = knownExtension.test(base);
  const followsOn = pieces.some(({ number }) => found.has(number + 1));
  return isKnown || (followsOn && missing.length < pieces.length) ? [{ base, pieces, missing }] : [];
}
