import type { RequestOptions } from '../../model/common.js';
import type { ArchiveInput } from '../archive.js';
import { HeaderWindow } from '../header-window.js';
import { plainText } from '../plain-text.js';
import { damaged, unsupported } from '../refusals.js';
import { type PaxRecords, readPaxRecords } from './pax-records.js';
import {
  blockBytes,
  hasTarChecksum,
  isZeroBlock,
  linkStart,
  readTarHeader,
  sparseMapGoesOn,
  type TarHeader,
} from './tar-header.js';

const mostHeaders = 2 ** 20;
const mostExtendedBytes = 2 ** 20;
const mostExtendedBytesTogether = 2 ** 26;
const mostSparseBlocks = 2 ** 16;

/** The target of a link: as text, and where that text is. */
export interface TarLink {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** A member as its headers describe it. */
export interface TarMember {
  readonly header: TarHeader;
  readonly path: string;
  readonly size: number;
  readonly modifiedMs?: number | undefined;
  readonly link: TarLink;
  readonly dataStart: number;
  readonly isSparse: boolean;
  /** Why its headers cannot be trusted. */
  readonly refusal?: Error | undefined;
}

/** What further headers say about the member behind them. */
interface Pending extends PaxRecords {
  readonly target?: TarLink | undefined;
  readonly refusal?: Error | undefined;
}

/** Types that have no data, whatever size they give: links, devices, folders, pipes. */
const withoutData = '23456';

/** Goes from header to header: where one is follows from the size in the one before. */
export class TarWalk {
  /** Where the next header is. */
  at = 0;
  readonly #window: HeaderWindow;
  readonly #options: RequestOptions;
  #global: Pending = {};
  #headers = 0;
  #extendedBytes = 0;

  constructor(input: ArchiveInput, options: RequestOptions) {
    this.#window = new HeaderWindow(input, 'tar');
    this.#options = options;
  }

  /** The next member, nothing at the end. @throws ArchiveUnsupportedError and what reading throws */
  async next(): Promise<TarMember | undefined> {
    let pending = this.#global;
    while (this.at + blockBytes <= this.#window.size) {
      if (++this.#headers > mostHeaders)
        throw unsupported('tar', `More than ${mostHeaders} headers are beyond the limit`);
      const start = this.at;
      const { bytes } = await this.#window.read(start, blockBytes, this.#options);
      if (isZeroBlock(bytes)) return undefined;
      const header = readTarHeader(bytes);
      if ('xXgLK'.includes(header.type)) {
        this.at = this.#after(start + blockBytes, header.size);
        const facts = await this.#further(header, start + blockBytes);
        pending = { ...pending, ...facts };
        if (header.type === 'g') this.#global = { ...this.#global, ...facts };
      } else if (header.type === 'V') this.at = this.#after(start + blockBytes, header.size);
      else return this.#member(header, start, bytes, pending);
    }
    return undefined;
  }

  /** An extended header (POSIX pax `x` and `g`, Sun's `X`), or GNU's long name `L` or long link target `K`. */
  async #further({ type, size }: TarHeader, start: number): Promise<Pending> {
    this.#extendedBytes += size;
    if (size > mostExtendedBytes || this.#extendedBytes > mostExtendedBytesTogether)
      return { refusal: unsupported('tar', `An extended header of ${size} bytes is beyond the limit`) };
    const { bytes } = await this.#window.read(start, size, this.#options);
    if (type === 'L') return { path: plainText(untilZero(bytes)) };
    if (type === 'K') return { target: linkAt(bytes, 0, untilZero(bytes).length, start) };
    const records = readPaxRecords(bytes);
    const { link } = records;
    return link === undefined ? records : { ...records, target: linkAt(bytes, link.start, link.length, start) };
  }

  async #member(header: TarHeader, start: number, block: Uint8Array, pending: Pending): Promise<TarMember> {
    const target = pending.target ?? linkAt(block, linkStart, header.linkLength, start);
    const size = pending.size ?? header.size;
    const isSparse = header.type === 'S' || pending.isSparse === true;
    const mapBlocks = header.type === 'S' && header.hasSparseMap ? await this.#sparseBlocks(start + blockBytes) : 0;
    const dataStart = start + blockBytes * (1 + mapBlocks);
    const hasData =
      !withoutData.includes(header.type) && (header.type !== '1' || (await this.#hasLinkData(size, dataStart)));
    this.at = this.#after(dataStart, hasData ? size : 0);
    return {
      header,
      path: pending.sparsePath ?? pending.path ?? header.name,
      size: pending.sparseSize ?? header.sparseSize ?? size,
      modifiedMs: pending.modifiedMs ?? header.modifiedMs,
      link: target,
      dataStart,
      isSparse,
      refusal: pending.refusal,
    };
  }

  /** A hard link may carry the data once more (POSIX), or give their size and have none: then a header follows at once. */
  async #hasLinkData(size: number, dataStart: number): Promise<boolean> {
    if (size === 0 || dataStart + blockBytes > this.#window.size) return false;
    const { bytes } = await this.#window.read(dataStart, blockBytes, this.#options);
    return !hasTarChecksum(bytes) && !isZeroBlock(bytes);
  }

  /** How many blocks the map of an old GNU sparse member has beyond its header; its size does not count them. */
  async #sparseBlocks(start: number): Promise<number> {
    for (let count = 1; count <= mostSparseBlocks; count++) {
      const { bytes } = await this.#window.read(start + (count - 1) * blockBytes, blockBytes, this.#options);
      if (!sparseMapGoesOn(bytes)) return count;
    }
    throw damaged('tar', 'The map of a sparse member does not end');
  }

  #after(dataStart: number, size: number): number {
    return dataStart + Math.ceil(size / blockBytes) * blockBytes;
  }
}

function untilZero(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

function linkAt(bytes: Uint8Array, from: number, length: number, start: number): TarLink {
  return { text: plainText(bytes.subarray(from, from + length)), start: start + from, end: start + from + length };
}
