import { ConfigInvalidError } from '../../../errors/index.js';
import type { NamedContent } from './archive.js';
import { type RarInput, rarVolumes } from './rar-volumes.js';
import { rar4Blocks } from './rar4.js';
import { rar5Blocks } from './rar5.js';
import { sevenZipArchive } from './seven-zip.js';
import { splitFile } from './split.js';
import { mostOldRarNames, oldRarNames, partNames } from './volume-names.js';
import { zipArchive } from './zip.js';

/** What the payload is packed into before it is posted. Members are stored as they are, neither compressed nor encrypted. */
export interface ReleaseArchive {
  /**
   * `rar5`, `rar4`: RAR as of 5.0 and before; members go on from volume to volume. `zip`: one archive, with ZIP64 records
   * where sizes ask for them; cut into `.zip.001`, … when it is larger than a volume. `7z`: one archive of copied streams
   * behind a plain header, cut alike. `split`: no archive, every file is
   * cut into `.001`, `.002`, …
   */
  readonly format: 'rar5' | 'rar4' | 'zip' | '7z' | 'split';
  /** Bytes of a volume, at the most. Required to split. @default everything in one volume */
  readonly volumeBytes?: number | undefined;
  /**
   * How volumes of RAR are named: `.part01.rar`, … or `.rar`, `.r00`, `.r01`, … (WinRAR itself names only RAR 4 so; posters
   * rename). @default 'part'
   */
  readonly naming?: 'part' | 'r00' | undefined;
}

/**
 * What is posted instead of the payload.
 * @throws ConfigInvalidError when the payload cannot be packed so
 */
export function archiveFiles(
  name: string,
  members: readonly NamedContent[],
  archive: ReleaseArchive,
  modifiedMs: number,
): NamedContent[] {
  const { format, volumeBytes, naming = 'part' } = archive;
  const isRar = format === 'rar4' || format === 'rar5';
  if (!isRar && archive.naming !== undefined) throw refused('naming', 'is for RAR only');
  switch (format) {
    case 'split':
      if (volumeBytes === undefined) throw refused('volumeBytes', 'is required to split');
      return members.flatMap((member) => splitFile(member, volumeBytes));
    case 'zip':
      return cut({ name: `${name}.zip`, content: zipArchive(members, modifiedMs) }, volumeBytes);
    case '7z':
      return cut({ name: `${name}.7z`, content: sevenZipArchive(members, modifiedMs) }, volumeBytes);
    case 'rar4':
      return rarFiles(name, { members, modifiedMs, blocks: rar4Blocks(naming === 'part') }, naming, volumeBytes);
    case 'rar5':
      return rarFiles(name, { members, modifiedMs, blocks: rar5Blocks }, naming, volumeBytes);
  }
}

/** An archive that knows nothing of volumes, in pieces when it is too large for one. */
function cut(whole: NamedContent, volumeBytes = Number.POSITIVE_INFINITY): NamedContent[] {
  return whole.content.size <= volumeBytes ? [whole] : splitFile(whole, volumeBytes);
}

function rarFiles(name: string, input: RarInput, naming: 'part' | 'r00', volumeBytes?: number): NamedContent[] {
  const volumes = rarVolumes(input, volumeBytes);
  if (volumes === undefined) throw refused('volumeBytes', 'must leave room for headers and a byte of every member');
  const { length: count } = volumes;
  if (naming === 'r00' && count > mostOldRarNames)
    throw refused('volumeBytes', `must be larger: there are names for ${mostOldRarNames} volumes only`);
  const names = count === 1 || naming === 'r00' ? oldRarNames(name, count) : partNames(name, count);
  return volumes.map((content, at) => ({ name: names[at] as string, content }));
}

function refused(path: string, message: string): ConfigInvalidError {
  return new ConfigInvalidError({ what: 'release options', issues: [{ path: `archive.${path}`, message }] });
}
