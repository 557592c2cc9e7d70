/** What the name of a file says about its place in a set of volumes. A habit, never proof: headers decide. */
export interface VolumeName {
  /** What the set is. `split`: a file cut into pieces, whatever it holds; often that is an archive. */
  readonly kind: 'rar' | '7z' | 'zip' | 'split';
  /**
   * How its volumes are counted. `part`: `.part1.rar`. `letters`: `.rar`, `.r00` and `.zip`, `.z01`. `counted`: `.001`.
   * `single`: `.7z`, which is never counted. Volumes counted differently are never of one set.
   */
  readonly counting: 'part' | 'letters' | 'counted' | 'single';
  /** The name without all that, as it is written. Of `x.mkv.001` it is `x.mkv`; of `x.7z.001` and `x.zip.001` it is `x`. */
  readonly base: string;
  /**
   * Place in the set: 0 for `.part1.rar`, `.rar`, `.001` and `.z01`, 1 for `.r00`. A set that counts from zero (`.part0.rar`,
   * `.000`) begins at -1. `Infinity` for `.zip`, which is the last one however many there are.
   */
  readonly number: number;
}

type Rule = readonly [
  pattern: RegExp,
  kind: VolumeName['kind'],
  counting: VolumeName['counting'],
  numberOf: (digits: string, letter: string) => number,
];

const fromOne = (digits: string) => Number(digits) - 1;
const first = () => 0;
const last = () => Number.POSITIVE_INFINITY;
/** `.r00` to `.r99`, then `.s00`: a hundred to each letter. */
const byLetter = (digits: string, letter: string) =>
  1 + 100 * (letter.toLowerCase().charCodeAt(0) - 'r'.charCodeAt(0)) + Number(digits);

/** The one table of volume names; the first rule that fits counts. Groups: base, letter, digits. */
const rules: readonly Rule[] = [
  [/^(?<base>.+)\.part(?<digits>\d{1,5})\.(?:rar|exe|sfx)$/is, 'rar', 'part', fromOne],
  [/^(?<base>.+)\.rar$/is, 'rar', 'letters', first],
  // Beyond `.r99` some tools go on with `.r100`.
  [/^(?<base>.+)\.(?<letter>r)(?<digits>\d{2,3})$/is, 'rar', 'letters', byLetter],
  [/^(?<base>.+)\.(?<letter>[s-y])(?<digits>\d\d)$/is, 'rar', 'letters', byLetter],
  [/^(?<base>.+)\.7z$/is, '7z', 'single', first],
  [/^(?<base>.+)\.7z\.(?<digits>\d{1,5})$/is, '7z', 'counted', fromOne],
  [/^(?<base>.+)\.zipx?$/is, 'zip', 'letters', last],
  [/^(?<base>.+)\.zx?(?<digits>\d{2,5})$/is, 'zip', 'letters', fromOne],
  [/^(?<base>.+)\.zipx?\.(?<digits>\d{1,5})$/is, 'zip', 'counted', fromOne],
  [/^(?<base>.+)\.(?<digits>\d{1,4})$/s, 'split', 'counted', fromOne],
];

/** `Movie.2020` and `Movie.DTS5.1` end in numbers that count nothing. */
const year = /^(?:19|20)\d\d$/;
const channels = /(?:^|\D)[1-9]\.[0-2]$/;
const meaningless = /^[0-9a-f]{16,}\.\d+$/i;

/** What a file name says about its place in a set of volumes; nothing when it says nothing. */
export function volumeName(fileName: string): VolumeName | undefined {
  for (const [pattern, kind, counting, numberOf] of rules) {
    const found = pattern.exec(fileName)?.groups;
    if (found === undefined) continue;
    const { base = '', digits = '', letter = '' } = found;
    if (kind === 'split' && !countsVolumes(fileName, digits)) return undefined;
    return { kind, counting, base, number: numberOf(digits, letter) };
  }
  return undefined;
}

/** The volume of RAR's old names that `.z00` to `.z99` stand for where there is no zip: the 802nd and on. */
export function rarNumberOfZ({ kind, counting, number }: VolumeName): number | undefined {
  const isLetterZ = kind === 'zip' && counting === 'letters' && number < 99;
  return isLetterZ ? byLetter(String(number + 1), 'z') : undefined;
}

function countsVolumes(fileName: string, digits: string): boolean {
  return !year.test(digits) && (meaningless.test(fileName) || !channels.test(fileName));
}
