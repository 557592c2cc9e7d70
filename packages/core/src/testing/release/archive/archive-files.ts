import { type Content, heldContent, joinedContent } from '../content.js';
import type { NamedContent } from './archive.js';
import { encryptionOf } from './encryption/archive-encryption.js';
import { isoImage } from './iso/iso.js';
import type { ReleaseArchive } from './options.js';
import { prefixOf } from './prefix.js';
import { withPrefix } from './rar/rar-extras.js';
import { type RarBlocks, rarVolumes } from './rar/rar-volumes.js';
import { rar4Blocks } from './rar/rar4.js';
import { Rar4Encryption } from './rar/rar4-encryption.js';
import { rar5Blocks } from './rar/rar5.js';
import { Rar5Encryption } from './rar/rar5-encryption.js';
import { refused } from './refused.js';
import { selectedVolumes, type Volume } from './selected-volumes.js';
import { sevenZipArchive } from './seven-zip/seven-zip.js';
import { splitFile } from './split.js';
import { tarArchive } from './tar.js';
import { mostOldRarNames, type PieceNaming, pieceNames, randomName, rarNames } from './volume-names.js';
import { zipArchive } from './zip/zip.js';

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
  const named = members.map((member, at) => ({ ...member, name: storedName(archive, member, input.seed, at) }));
  const volumes = packed({ ...input, name: archive.name ?? input.name, members: named }, archive);
  const [first, ...others] = volumes;
  // What unpacks itself is a program.
  const program = { ...first, name: first?.name.replace(/\.(rar|zip|7z)$/, '.exe') } as NamedContent;
  const called = archive.prefixBytes === undefined ? volumes : [program, ...others];
  return selectedVolumes(called, archive.volumes ?? {}, input.seed);
}

/** Where the innermost archive has the members of the payload. */
export function storedNames({ members, seed }: ArchiveInput, archive: ReleaseArchive): string[] {
  const inner = innerOf(archive);
  const [innermost] = inner;
  if (innermost !== undefined)
    return storedNames({ members, seed: `${seed}\0${inner.length}` } as ArchiveInput, innermost);
  return members.map((member, at) => storedName(archive, member, seed, at));
}

const innerOf = ({ inside = [] }: ReleaseArchive): readonly ReleaseArchive[] => [inside].flat();

const storedName = ({ innerNames }: ReleaseArchive, { name, isFolder }: NamedContent, seed: string, index: number) =>
  innerNames === 'random' && !isFolder ? randomName(name, seed, index) : name;

/** The volumes of one archive. */
function packed(input: ArchiveInput, archive: ReleaseArchive): NamedContent[] {
  refuseMismatch(archive);
  const { name, members, modifiedMs, seed } = input;
  const { naming, volumeBytes, prefixBytes = 0 } = archive;
  const encryption = encryptionOf(archive, members, seed);
  const hasExtras = archive.extras ?? false;
  const pretendsCompression = archive.compression === 'pretend';
  const rarExtras = { hasServices: hasExtras, pretendsCompression };
  const prefixed = (content: Content) => joinedContent([heldContent(prefixOf(prefixBytes)), content]);
  switch (archive.format) {
    case 'split':
      if (volumeBytes === undefined) throw refused('volumeBytes', 'is required to split');
      return members.flatMap((member) => cut(member, archive, `${seed}\0${member.name}`));
    case 'tar':
      return whole(input, archive, tarArchive(members, modifiedMs, hasExtras));
    case 'iso':
      return whole(input, archive, isoImage(name, members, modifiedMs));
    case 'zip': {
      const compression = archive.compression ?? 'store';
      return whole(input, archive, prefixed(zipArchive({ members, modifiedMs, compression, hasExtras })));
    }
    case '7z': {
      const compressesHeader = archive.header === 'lzma';
      const own = { compressesHeader, pretendsCompression, hasDummies: hasExtras };
      return whole(input, archive, prefixed(sevenZipArchive({ members, modifiedMs, encryption, ...own })));
    }
    case 'rar4': {
      const secrets = encryption && new Rar4Encryption(encryption);
      return rarFiles(input, archive, rar4Blocks(naming !== 'r00', secrets, rarExtras));
    }
    case 'rar5':
      return rarFiles(input, archive, rar5Blocks(encryption && new Rar5Encryption(encryption), rarExtras));
  }
}

const isRar = ({ format }: ReleaseArchive) => format === 'rar4' || format === 'rar5';

/** @throws ConfigInvalidError when an option is not for the format */
function refuseMismatch(archive: ReleaseArchive): void {
  const { format, naming, compression = 'store', header, prefixBytes, extras } = archive;
  if (!isRar(archive) && (naming === 'part' || naming === 'r00'))
    throw refused('naming', `'${naming}' is for RAR only`);
  if (compression === 'deflate' && format !== 'zip') throw refused('compression', `'deflate' is for ZIP only`);
  if (header !== undefined && format !== '7z') throw refused('header', 'is for 7z only');
  const isPlain = format === 'tar' || format === 'iso' || format === 'split';
  if (isPlain && compression === 'pretend') throw refused('compression', 'is for RAR, 7z and ZIP only');
  if (isPlain && prefixBytes !== undefined) throw refused('prefixBytes', 'is for RAR, 7z and ZIP only');
  if (extras && (format === 'iso' || format === 'split')) throw refused('extras', `are not for '${format}'`);
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
  const opened = withPrefix(blocks, prefixOf(archive.prefixBytes ?? 0));
  const volumes = rarVolumes({ members, modifiedMs, blocks: opened }, archive.volumeBytes);
  if (volumes === undefined) throw refused('volumeBytes', 'must leave room for headers and a byte of every member');
  const { length: count } = volumes;
  if (naming === 'r00' && count > mostOldRarNames)
    throw refused('volumeBytes', `must be larger: there are names for ${mostOldRarNames} volumes only`);
  const names = rarNames(naming, { name, count, numberDigits, seed });
  return volumes.map((content, at) => ({ name: names[at] as string, content }));
}
