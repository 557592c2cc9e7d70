import type { NamedContent } from './archive.js';
import { encryptionOf } from './encryption/archive-encryption.js';
import type { ReleaseArchive } from './options.js';
import { type RarInput, rarVolumes } from './rar/rar-volumes.js';
import { rar4Blocks } from './rar/rar4.js';
import { Rar4Encryption } from './rar/rar4-encryption.js';
import { rar5Blocks } from './rar/rar5.js';
import { Rar5Encryption } from './rar/rar5-encryption.js';
import { refused } from './refused.js';
import { sevenZipArchive } from './seven-zip/seven-zip.js';
import { splitFile } from './split.js';
import { mostOldRarNames, oldRarNames, partNames } from './volume-names.js';
import { zipArchive } from './zip.js';

/** What is packed. */
export interface ArchiveInput {
  /** Name of the archive, without ending. */
  readonly name: string;
  readonly members: readonly NamedContent[];
  /** Time of every member, in milliseconds since 1970. */
  readonly modifiedMs: number;
  /** What is random about the archive follows from it. */
  readonly seed: string;
}

/**
 * What is posted instead of the payload.
 * @throws ConfigInvalidError when the payload cannot be packed so
 */
export function archiveFiles(input: ArchiveInput, archive: ReleaseArchive): NamedContent[] {
  const { name, members, modifiedMs, seed } = input;
  const { format, volumeBytes, naming = 'part' } = archive;
  const isRar = format === 'rar4' || format === 'rar5';
  if (!isRar && archive.naming !== undefined) throw refused('naming', 'is for RAR only');
  const encryption = encryptionOf(archive, members, seed);
  switch (format) {
    case 'split':
      if (volumeBytes === undefined) throw refused('volumeBytes', 'is required to split');
      return members.flatMap((member) => splitFile(member, volumeBytes));
    case 'zip':
      return cut({ name: `${name}.zip`, content: zipArchive(members, modifiedMs) }, volumeBytes);
    case '7z':
      return cut({ name: `${name}.7z`, content: sevenZipArchive(members, modifiedMs, encryption) }, volumeBytes);
    case 'rar4': {
      const blocks = rar4Blocks(naming === 'part', encryption && new Rar4Encryption(encryption));
      return rarFiles(name, { members, modifiedMs, blocks }, naming, volumeBytes);
    }
    case 'rar5': {
      const blocks = rar5Blocks(encryption && new Rar5Encryption(encryption));
      return rarFiles(name, { members, modifiedMs, blocks }, naming, volumeBytes);
    }
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
