/** What the name of a volume says. */
export interface SevenZipVolumeName {
  /** What all volumes of the archive share: the name without `.7z` and without the number. */
  readonly base: string;
  /** Place among the volumes, counted from 1 as in the name; `undefined` for an archive in one file. */
  readonly number: number | undefined;
}

const pattern = /^(.*)\.7z(?:\.(\d{3,6}))?$/is;

/** The archive a file belongs to by its name: `x.7z`, or `x.7z.001` and on. `undefined` for other names. */
export function volumeNameOf7z(fileName: string): SevenZipVolumeName | undefined {
  const [, base, digits] = pattern.exec(fileName) ?? [];
  if (base === undefined) return undefined;
  const number = digits === undefined ? undefined : Number(digits);
  return number === 0 ? undefined : { base, number };
}
