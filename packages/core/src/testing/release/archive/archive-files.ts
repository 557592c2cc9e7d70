import type { NamedContent } from './archive.js';
import { encryptionOf } from './encryption/archive-encryption.js';
import type { ReleaseArchive } from './options.js';
import { type RarBlocks, rarVolumes } from './rar/rar-volumes.js';
import { rar4Blocks } from './rar/rar4.js';
import { Rar4Encryption } from './rar/rar4-encryption.js';
import { rar5Blocks } from './rar/rar5.js';
import { Rar5Encryption } from './rar/rar5-encryption.js';
import { refused } from './refused.js';
import { selectedVolumes, type Volume } from './selected-volumes.js';
import { sevenZipArchive } from './seven-zip/seven-zip.js';
import { splitFile } from './split.js';
import { mostOldRarNames, type PieceNaming, pieceNames, randomName, rarNames } from './volume-names.js';
import { zipArchive } from './zip.js';

/** What is packed. */
export interface ArchiveInput {
  /** Name of the archive, without ending, unless it has its own. */
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
export function archiveFiles(input: ArchiveInput, archive: ReleaseArchive): Volume[] {
  const inner = innerOf(archive);
  let members = input.members;
  for (const [depth, one] of inner.entries()) {
    const volumes = archiveFiles({ ...input, members, seed: `${input.seed}\0${inner.length - depth}` }, one);
    members = volumes.filter(({ isLeftOut }) => !isLeftOut);
  }
  const named = members.map(({ name, content }, at) => ({ name: storedName(archive, name, input.seed, at), content }));
  const volumes = packed({ ...input, name: archive.name ?? input.name, members: named }, archive);
  return selectedVolumes(volumes, archive.volumes ?? {}, input.seed);
}

/** Where the innermost archive has the members of the payload. */
export function storedNames({ members, seed }: ArchiveInput, archive: ReleaseArchive): string[] {
  const inner = innerOf(archive);
  const [innermost] = inner;
  if (innermost !== undefined)
    return storedNames({ members, seed: `${seed}\0${inner.length}` } as ArchiveInput, innermost);
  return members.map(({ name }, at) => storedName(archive, name, seed, at));
}

const innerOf = ({ inside = [] }: ReleaseArchive): readonly ReleaseArchive[] => [inside].flat();

const storedName = ({ innerNames }: ReleaseArchive, name: string, seed: string, index: number) =>
  innerNames === 'random' ? randomName(name, seed, index) : name;

/** The volumes of one archive. */
function packed(input: ArchiveInput, archive: ReleaseArchive): NamedContent[] {
  const { members, modifiedMs, seed } = input;
  const { format, naming } = archive;
  const isRar = format === 'rar4' || format === 'rar5';
  if (!isRar && (naming === 'part' || naming === 'r00')) throw refused('naming', `'${naming}' is for RAR only`);
  const encryption = encryptionOf(archive, members, seed);
  switch (format) {
    case 'split':
      if (archive.volumeBytes === undefined) throw refused('volumeBytes', 'is required to split');
      return members.flatMap((member) => cut(member, archive, `${seed}\0${member.name}`));
    case 'zip':
      return whole(input, archive, zipArchive(members, modifiedMs));
    case '7z':
      return whole(input, archive, sevenZipArchive(members, modifiedMs, encryption));
    case 'rar4':
      return rarFiles(input, archive, rar4Blocks(naming !== 'r00', encryption && new Rar4Encryption(encryption)));
    case 'rar5':
      return rarFiles(input, archive, rar5Blocks(encryption && new Rar5Encryption(encryption)));
  }
}

/** An archive that knows nothing of volumes, in pieces when it is too large for one. */
function whole({ name, seed }: ArchiveInput, archive: ReleaseArchive, content: NamedContent['content']) {
  const file = { name: `${name}.${archive.format}`, content };
  const isCut = content.size > (archive.volumeBytes ?? content.size) || archive.naming === 'random';
  return isCut ? cut(file, archive, seed) : [file];
}

function cut(file: NamedContent, { naming = 'digits', numberDigits, volumeBytes }: ReleaseArchive, seed: string) {
  return splitFile(file, volumeBytes ?? file.content.size, (count) =>
    pieceNames(naming as PieceNaming, { name: file.name, count, numberDigits, seed }),
  );
}

function rarFiles(input: ArchiveInput, archive: ReleaseArchive, blocks: RarBlocks): NamedContent[] {
  const { members, modifiedMs, name, seed } = input;
  const { naming = 'part', numberDigits } = archive;
  const volumes = rarVolumes({ members, modifiedMs, blocks }, archive.volumeBytes);
  if (volumes === undefined) throw refused('volumeBytes', 'must leave room for headers and a byte of every member');
  const { length: count } = volumes;
  if (naming === 'r00' && count > mostOldRarNames)
    throw refused('volumeBytes', `must be larger: there are names for ${mostOldRarNames} volumes only`);
  const names = rarNames(naming, { name, count, numberDigits, seed });
  return volumes.map((content, at) => ({ name: names[at] as string, content }));
}
