import type { RequestOptions } from '../../../model/common.js';
import type { ArchiveInput, ArchiveListing, ArchiveMember } from '../../archive.js';
import { type ByteRecipe, join, ofVolume } from '../../byte-recipe.js';
import { HeaderWindow } from '../../header-window.js';
import { isLoss } from '../../losses.js';
import { Oddities } from '../../oddities.js';
import { damaged, incomplete, unsupported } from '../../refusals.js';
import { type DiscEntry, type DiscFolder, pathIn, readDiscTree } from '../disc-tree.js';
import { UdfDisc, type UdfNode } from './udf-disc.js';
import { readUdfNames, type UdfName } from './udf-folder.js';
import { readUdfVolume } from './udf-volume.js';

const mostFolderBytes = 16 * 1024 * 1024;
/** Kinds of files (ECMA-167 4/14.6.6, UDF 2.3.5.2). */
const types = { unspecified: 0, folder: 4, file: 5, link: 12, realTime: 249 } as const;

/** A folder, and where its entry is in the image. */
interface FolderNode {
  readonly node: UdfNode;
  readonly start: number;
}

/**
 * What is on a UDF disc (ECMA-167, UDF 1.02 to 2.60), those with a metadata partition (Blu-ray) among them.
 * @throws ArchiveUnsupportedError when its descriptors cannot be used
 */
export async function readUdf(input: ArchiveInput, options: RequestOptions): Promise<ArchiveListing> {
  const window = new HeaderWindow(input, 'udf');
  const disc = new UdfDisc(window, await readUdfVolume(window, options), options);
  const place = await disc.open();
  const root = { node: await disc.node(place), start: disc.startOf(place) };
  if (root.node.type !== types.folder) throw damaged('udf', 'The root of the disc is not a folder');
  const oddities = new Oddities();
  const reader = new UdfFolders(disc, input.size, oddities, options);
  const read = (folder: DiscFolder<FolderNode>) => reader.entries(folder);
  const members = await readDiscTree(root, ({ start }) => start, read, oddities, options);
  return { format: 'udf', members, warnings: oddities.lines };
}

class UdfFolders {
  readonly #disc: UdfDisc;
  readonly #imageSize: number;
  readonly #oddities: Oddities;
  readonly #options: RequestOptions;

  constructor(disc: UdfDisc, imageSize: number, oddities: Oddities, options: RequestOptions) {
    this.#disc = disc;
    this.#imageSize = imageSize;
    this.#oddities = oddities;
    this.#options = options;
  }

  async entries(folder: DiscFolder<FolderNode>): Promise<DiscEntry<FolderNode>[]> {
    const { names, isWhole } = readUdfNames(await this.#disc.readAll(folder.place.node, mostFolderBytes));
    if (!isWhole) this.#oddities.add(`the folder ${folder.path} breaks off`);
    const found = await this.#nodes(names);
    return names.flatMap((name, index) => this.#entry(pathIn(folder, name.name), found[index] as Found));
  }

  /** The entries of files in the order in which they lie on the disc, for then few reads give many of them. */
  async #nodes(names: readonly UdfName[]): Promise<Found[]> {
    const found: Found[] = names.map(({ place }) => ({ start: this.#disc.startOf(place) }));
    const order = [...names.keys()].sort((a, b) => (found[a] as Found).start - (found[b] as Found).start);
    for (const index of order) {
      const { place } = names[index] as UdfName;
      const entry = found[index] as Found;
      try {
        entry.node = await this.#disc.node(place);
      } catch (error) {
        if (!isLoss(error, this.#options)) throw error;
        entry.failure = error as Error;
      }
    }
    return found;
  }

  #entry(path: string, { start, node, failure }: Found): DiscEntry<FolderNode>[] {
    const common = { path, isEncrypted: false };
    if (node === undefined) return [{ member: { ...common, kind: 'file', size: 0, refusal: failure } }];
    const { type, modifiedMs, size } = node;
    if (type === types.folder)
      return [{ member: { ...common, modifiedMs, kind: 'folder', size: 0 }, inside: { node, start } }];
    if (type === types.link) {
      const refusal = unsupported('udf', 'The target of this link is not in one piece');
      return [{ member: { ...common, modifiedMs, kind: 'link', size: 0, refusal } }];
    }
    if (type !== types.file && type !== types.unspecified && type !== types.realTime) {
      this.#oddities.add(`${path} is a device or a pipe and is left out`);
      return [];
    }
    const content = contentOf(node, this.#imageSize);
    const how: Partial<ArchiveMember> = content instanceof Error ? { refusal: content } : { content };
    return [{ member: { ...common, modifiedMs, kind: 'file', size, ...how } }];
  }
}

interface Found {
  readonly start: number;
  node?: UdfNode;
  failure?: Error;
}

function contentOf({ pieces }: UdfNode, imageSize: number): ByteRecipe | Error {
  if (pieces instanceof Error) return pieces;
  if (pieces.some(({ end }) => end > imageSize)) return incomplete('udf', 'The image ends before this file does');
  return join(pieces.map(({ start, end }) => ofVolume(0, start, end)));
}
