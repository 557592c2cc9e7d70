import { rarNumberOfZ, type VolumeName, volumeName } from '../archive/volume-names.js';
import { extensionIn } from './classify.js';

/** Most numbers that are listed as missing: beyond that a name lied. */
const maxMissing = 1000;
/** Where the letters of RAR's old names are so far that `.z00` follows: `.y00` and on. */
const firstOfY = 701;
/** `.r99`. */
const lastOfR = 100;
const singleKinds: Readonly<Record<string, VolumeSet['kind']>> = { tar: 'tar', iso: 'disc', img: 'disc', udf: 'disc' };

/** Files that belong together, as far as their names tell. */
export interface VolumeSet {
  /** What they are the volumes of. `disc`: a disc image. `split`: any file cut into pieces, often an archive. */
  readonly kind: VolumeName['kind'] | 'tar' | 'disc';
  /** See {@link VolumeName.counting}; `single` for a tar and a disc image too. */
  readonly counting: VolumeName['counting'];
  /** What their names have in common, as the first of them writes it. */
  readonly base: string;
  /** By number, each number once. */
  readonly volumes: readonly NumberedFile[];
  /** Files whose number another one has, in the order they were given. */
  readonly duplicates: readonly NumberedFile[];
  /** Numbers between the first and the last volume that no file has; at most 1000. After the last, none is known. */
  readonly missing: readonly number[];
  /** PAR2 files that go by the same name: places in the list of names. */
  readonly par2: readonly number[];
}

/** A volume of a set. */
export interface NumberedFile {
  /** Place in the list of names. */
  readonly file: number;
  /** Place in the set; see {@link VolumeName.number}. */
  readonly number: number;
}

/** The files of a release, sorted by what their names say. */
export interface NamedSets {
  /** In the order of their first files. */
  readonly sets: readonly VolumeSet[];
  /** All PAR2 files: places in the list of names. */
  readonly par2: readonly number[];
  /** Whatever else there is: places in the list of names. */
  readonly others: readonly number[];
}

/** Puts files into sets by their names alone, capitals or not. What names say is a hint: headers decide. */
export function findVolumeSets(names: readonly string[]): NamedSets {
  const open = new Map<string, OpenSet>();
  const par2: number[] = [];
  const others: number[] = [];
  for (const [file, name] of names.entries()) {
    const volume = memberOf(name);
    if (volume) put(open, volume, { file, number: volume.number });
    else if (extensionIn(name)?.toLowerCase() === 'par2') par2.push(file);
    else others.push(file);
  }
  joinLettersZ(open);
  for (const [key, set] of open) {
    if (isBelievable(set, names)) continue;
    open.delete(key);
    others.push(...set.files.map(({ file }) => file));
  }
  const par2ByBase = groupPar2(par2, names);
  const sets = [...open.values()].map((set) => closed(set, par2ByBase));
  return { sets, par2, others: others.sort((a, b) => a - b) };
}

interface OpenSet extends Pick<VolumeSet, 'kind' | 'counting' | 'base'> {
  readonly files: NumberedFile[];
}

const keyOf = ({ kind, counting, base }: Omit<OpenSet, 'files'>) => `${kind} ${counting} ${base.toLowerCase()}`;

function memberOf(name: string): (Omit<OpenSet, 'files'> & { number: number }) | undefined {
  const extension = extensionIn(name) ?? '';
  const single = singleKinds[extension.toLowerCase()];
  if (single === undefined) return volumeName(name);
  return { kind: single, counting: 'single', base: name.slice(0, -extension.length - 1), number: 0 };
}

function put(open: Map<string, OpenSet>, { kind, counting, base }: Omit<OpenSet, 'files'>, file: NumberedFile): void {
  const key = keyOf({ kind, counting, base });
  const set = open.get(key);
  if (set) set.files.push(file);
  else open.set(key, { kind, counting, base, files: [file] });
}

/** `.z00` to `.z99` are RAR volumes where a set of RAR volumes comes as far as `.y00` and there is no `.zip`. */
function joinLettersZ(open: Map<string, OpenSet>): void {
  for (const [key, set] of open) {
    if (set.kind !== 'zip' || set.counting !== 'letters') continue;
    const rar = open.get(keyOf({ ...set, kind: 'rar' }));
    const numbers = set.files.map(({ number }) =>
      rarNumberOfZ({ kind: 'zip', counting: 'letters', base: set.base, number }),
    );
    if (!rar?.files.some(({ number }) => number >= firstOfY) || numbers.includes(undefined)) continue;
    for (const [place, { file }] of set.files.entries()) rar.files.push({ file, number: numbers[place] as number });
    open.delete(key);
  }
}

/** A single name makes no set by a number at its end, unless that is the first of three digits; nor does `Show.S01`. */
function isBelievable({ kind, counting, files }: OpenSet, names: readonly string[]): boolean {
  const [{ file, number }, ...more] = files as [NumberedFile, ...NumberedFile[]];
  if (more.length > 0) return true;
  if (kind === 'split') return number <= 0 && /\.\d{3,}$/.test(names[file] as string);
  return kind !== 'rar' || counting !== 'letters' || number <= lastOfR;
}

function closed({ kind, counting, base, files }: OpenSet, par2ByBase: ReadonlyMap<string, number[]>): VolumeSet {
  const byNumber = new Map<number, NumberedFile>();
  const duplicates: NumberedFile[] = [];
  for (const file of files) {
    if (byNumber.has(file.number)) duplicates.push(file);
    else byNumber.set(file.number, file);
  }
  const volumes = [...byNumber.values()].sort((a, b) => (a.number < b.number ? -1 : 1));
  const missing = missingNumbers(kind, counting, byNumber);
  return { kind, counting, base, volumes, duplicates, missing, par2: par2ByBase.get(base.toLowerCase()) ?? [] };
}

function missingNumbers(
  kind: VolumeSet['kind'],
  counting: VolumeSet['counting'],
  present: ReadonlyMap<number, unknown>,
): number[] {
  const lastCounted = [...present.keys()].filter(Number.isFinite).reduce((most, number) => Math.max(most, number), -1);
  const missing: number[] = [];
  for (let number = 0; number < lastCounted && missing.length < maxMissing; number++)
    if (!present.has(number)) missing.push(number);
  const endsInZip = kind === 'zip' && counting === 'letters';
  if (endsInZip && !present.has(Number.POSITIVE_INFINITY)) missing.push(Number.POSITIVE_INFINITY);
  return missing;
}

/** PAR2 files by what they are called after: `name.vol003+04.par2`, `name.par2`, `name.part01.rar.par2`, `name.mkv.par2`. */
function groupPar2(par2: readonly number[], names: readonly string[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const file of par2) {
    const stem = (names[file] as string).replace(/(?:\.vol\d+[+-]\d+)?\.par2$/i, '');
    const base = (memberOf(stem)?.base ?? stem).toLowerCase();
    const group = groups.get(base);
    if (group) group.push(file);
    else groups.set(base, [file]);
  }
  return groups;
}
