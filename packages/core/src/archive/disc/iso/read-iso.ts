import { ArchiveUnsupportedError } from '../../../errors/index.js';
import type { RequestOptions } from '../../../model/common.js';
import type { ArchiveInput, ArchiveListing, ArchiveMember } from '../../archive.js';
import { type ByteRecipe, join, ofVolume, type VolumeRecipe } from '../../byte-recipe.js';
import { unpackingTurn } from '../../codec/event-loop-turn.js';
import { HeaderWindow } from '../../header-window.js';
import { isLoss, messageOf } from '../../losses.js';
import { Oddities } from '../../oddities.js';
import { plainText } from '../../plain-text.js';
import { damaged, incomplete, unsupported } from '../../refusals.js';
import { type DiscEntry, type DiscFolder, pathIn, readDiscTree } from '../disc-tree.js';
import type { Recognition } from '../recognition.js';
import { type IsoRecord, isoFlags, readIsoRecord, readIsoRecords } from './iso-record.js';
import { findIsoVolumes, type IsoVolume } from './iso-volume.js';
import { type RockRidge, readRockRidge, rockRidgeOffset } from './rock-ridge.js';

const mostFolderBytes = 16 * 1024 * 1024;
const mostFolderBytesTogether = 256 * 1024 * 1024;
/** Joliet's names are cut behind so many characters, by some programs behind 103. */
const mostJolietCharacters = 64;
const relocations = new Set(['rr_moved', '.rr_moved', 'RR_MOVED']);
const typeMask = 0o170000;
const linkType = 0o120000;
const unicode = new TextDecoder('utf-16be', { ignoreBOM: true });

/** Where the records of a folder are. */
interface FolderPlace {
  readonly start: number;
  readonly size: number;
}

/**
 * What is on an ISO 9660 disc (ECMA-119): with the names of Joliet; where these are so long that they may have been cut, or
 * there are none, with those of Rock Ridge; else with its own.
 * @throws ArchiveUnsupportedError
 */
export async function readIso(
  input: ArchiveInput,
  recognition: Recognition,
  options: RequestOptions,
): Promise<ArchiveListing> {
  const [first, primary] = findIsoVolumes(recognition);
  const reader = new IsoReader(input, first, options);
  const members = await reader.members();
  if (primary !== undefined && members.some(hasLongName)) {
    const other = new IsoReader(input, primary, options);
    const rockRidge = await other.rockRidgeMembers();
    if (rockRidge !== undefined && filesIn(rockRidge) === filesIn(members))
      return { format: 'iso', members: rockRidge, warnings: other.oddities.lines };
  }
  return { format: 'iso', members, warnings: reader.oddities.lines };
}

const filesIn = (members: readonly ArchiveMember[]) => members.filter(({ kind }) => kind === 'file').length;
const hasLongName = ({ path }: ArchiveMember) => path.length - path.lastIndexOf('/') > mostJolietCharacters;

class IsoReader {
  readonly oddities = new Oddities();
  readonly #volume: IsoVolume;
  readonly #window: HeaderWindow;
  readonly #options: RequestOptions;
  #folderBytes = 0;
  /** Bytes in front of Rock Ridge's fields, where it is used. */
  #rockRidgeOffset: number | undefined;

  constructor(input: ArchiveInput, volume: IsoVolume, options: RequestOptions) {
    this.#volume = volume;
    this.#window = new HeaderWindow(input, 'iso');
    this.#options = options;
  }

  members(): Promise<ArchiveMember[]> {
    const read = (folder: DiscFolder<FolderPlace>) => this.#folder(folder);
    return readDiscTree(this.#volume.root, ({ start }) => start, read, this.oddities, this.#options);
  }

  /** Nothing where Rock Ridge is not used, or not readable. */
  async rockRidgeMembers(): Promise<ArchiveMember[] | undefined> {
    try {
      const members = await this.members();
      return this.#rockRidgeOffset === undefined ? undefined : members;
    } catch (error) {
      if (isLoss(error, this.#options)) return undefined;
      throw error;
    }
  }

  async #folder(folder: DiscFolder<FolderPlace>): Promise<DiscEntry<FolderPlace>[]> {
    const { start, size } = folder.place;
    this.#folderBytes += size;
    if (size > mostFolderBytes || this.#folderBytes > mostFolderBytesTogether)
      throw unsupported('iso', `A folder of ${size} bytes is beyond the limit`);
    const bytes = await this.#window.read(start, size, this.#options);
    const records = readIsoRecords(bytes, start, this.#volume.blockBytes);
    const itself = records[0];
    if (itself === undefined) throw damaged('iso', 'A folder has no records');
    if (folder.depth === 0 && !this.#volume.isJoliet) this.#rockRidgeOffset = rockRidgeOffset(itself);
    const entries: DiscEntry<FolderPlace>[] = [];
    let parts: IsoRecord[] = [];
    for (const record of records) {
      if (isItselfOrAbove(record) || (record.flags & isoFlags.associated) !== 0) continue;
      parts.push(record);
      await unpackingTurn();
      if ((record.flags & isoFlags.goesOn) !== 0) continue;
      const entry = await this.#entry(folder, parts);
      if (entry !== undefined) entries.push(entry);
      parts = [];
    }
    return entries;
  }

  /** @param parts the records of one file: several of a large one, whose size does not fit into 32 bits */
  async #entry(folder: DiscFolder<unknown>, parts: readonly IsoRecord[]): Promise<DiscEntry<FolderPlace> | undefined> {
    const record = parts.at(-1) as IsoRecord;
    const { blockBytes } = this.#volume;
    const more = await this.#rockRidge(record);
    if (more.isRelocated) return undefined;
    const name = more.name === undefined ? this.#nameOf(record) : plainText(more.name);
    // Folders that are too deep lie here, and are reached from where they belong.
    if (this.#rockRidgeOffset !== undefined && folder.depth === 0 && relocations.has(name)) return undefined;
    const common = {
      path: pathIn(folder, name),
      modifiedMs: more.modifiedMs ?? record.modifiedMs,
      isEncrypted: false,
    };
    if (more.childBlock !== undefined) {
      const start = more.childBlock * blockBytes;
      const itself = readIsoRecord(await this.#window.read(start, 255, this.#options), 0, start, blockBytes);
      return { member: { ...common, kind: 'folder', size: 0 }, inside: { start, size: itself.size } };
    }
    if ((record.flags & isoFlags.folder) !== 0)
      return { member: { ...common, kind: 'folder', size: 0 }, inside: { start: record.start, size: record.size } };
    const isLink = more.target !== undefined || ((more.mode ?? 0) & typeMask) === linkType;
    const content = isLink ? targetOf(more) : contentOf(parts, more, this.#window.size);
    const size = sizeOf(parts, more, isLink);
    return {
      member: {
        ...common,
        kind: isLink ? 'link' : 'file',
        size,
        ...(content instanceof Error ? { refusal: content } : { content }),
      },
    };
  }

  async #rockRidge(record: IsoRecord): Promise<RockRidge> {
    if (this.#rockRidgeOffset === undefined) return {};
    const { blockBytes } = this.#volume;
    try {
      return await readRockRidge(record, this.#rockRidgeOffset, this.#window, blockBytes, this.#options);
    } catch (error) {
      if (!isLoss(error, this.#options)) throw error;
      this.oddities.add(`what belongs to ${this.#nameOf(record)} cannot be read: ${messageOf(error)}`);
      return {};
    }
  }

  /** Names end in a version, and in a dot when they have no extension (ECMA-119 7.5). */
  #nameOf({ name }: IsoRecord): string {
    const text = this.#volume.isJoliet ? unicode.decode(name) : plainText(name);
    return text.replace(/;\d{1,5}$/, '').replace(/(?<=[^.])\.$/, '');
  }
}

const isItselfOrAbove = ({ name }: IsoRecord) => name.length === 1 && (name[0] as number) < 2;

function sizeOf(parts: readonly IsoRecord[], { target, unpackedSize }: RockRidge, isLink: boolean): number {
  if (isLink) return typeof target === 'object' ? target.end - target.start : 0;
  return unpackedSize ?? parts.reduce((sum, { size }) => sum + size, 0);
}

function targetOf({ target }: RockRidge): ByteRecipe | Error {
  if (typeof target === 'object') return ofVolume(0, target.start, target.end);
  return unsupported('iso', 'The target of this link is not in one piece');
}

function contentOf(parts: readonly IsoRecord[], { unpackedSize }: RockRidge, imageSize: number): ByteRecipe | Error {
  if (unpackedSize !== undefined) {
    const message = 'Files packed with zisofs are not supported';
    return new ArchiveUnsupportedError({ format: 'iso', reason: 'compressed', message });
  }
  if (parts.some(({ isInterleaved }) => isInterleaved))
    return unsupported('iso', 'Interleaved files are not supported');
  const pieces: VolumeRecipe[] = [];
  for (const { start, size } of parts) {
    const last = pieces.at(-1);
    if (size > 0 && last?.end === start) pieces[pieces.length - 1] = ofVolume(0, last.start, start + size);
    else if (size > 0) pieces.push(ofVolume(0, start, start + size));
  }
  if (pieces.some(({ end }) => end > imageSize)) return incomplete('iso', 'The image ends before this file does');
  return join(pieces);
}
