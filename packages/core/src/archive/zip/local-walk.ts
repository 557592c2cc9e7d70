import type { RequestOptions } from '../../model/common.js';
import type { ArchiveInput } from '../archive.js';
import type { HeaderBytes } from '../header-bytes.js';
import { HeaderWindow } from '../header-window.js';
import { mostMembers } from '../limits.js';
import { isLoss, messageOf } from '../losses.js';
import type { Oddities } from '../oddities.js';
import { incomplete } from '../refusals.js';
import type { ZipEntry } from './zip-entry.js';
import { readZipExtra } from './zip-extra.js';
import { ZipRefusals } from './zip-method.js';

const localSignature = 0x04034b50;
const descriptorSignature = 0x08074b50;
const splitSignature = 0x30304b50;
const fixedBytes = 30;
const hasDescriptor = 8;
/** Forms of a data descriptor (APPNOTE 4.3.9): its length, and where in it the packed size is, and how long that is. */
const descriptorForms = [
  { length: 16, sizeAt: 8, isLong: false },
  { length: 12, sizeAt: 4, isLong: false },
  { length: 24, sizeAt: 8, isLong: true },
  { length: 20, sizeAt: 4, isLong: true },
] as const;
const mostDescriptorBytes = 24;
const sizeIsLost = 'The size of this member is lost with the central directory';

/** Members found one by one, and where their data begin. */
export interface WalkedZip {
  readonly entries: readonly ZipEntry[];
  readonly places: ReadonlyMap<ZipEntry, number>;
}

/**
 * Goes from member to member by their local headers (APPNOTE 4.3.7), for a ZIP whose end is lost. They know less than the
 * central directory; a member whose size was not known when it was written ends the walk.
 */
export async function walkLocalHeaders(
  input: ArchiveInput,
  oddities: Oddities,
  options: RequestOptions,
): Promise<WalkedZip> {
  const window = new HeaderWindow(input, 'zip');
  const refusals = new ZipRefusals();
  const entries: ZipEntry[] = [];
  const places = new Map<ZipEntry, number>();
  let at: number | undefined = 0;
  try {
    at = await firstHeader(window, options);
    while (at !== undefined && entries.length < mostMembers) {
      const entry = await readLocalEntry(window, at, refusals, options);
      if (entry === undefined) break;
      const start = at + fixedBytes + entry.name.length + entry.extra.length;
      at = await nextHeader(window, entry, start, options);
      const shown = at === undefined ? { ...entry, size: 0, refusal: incomplete('zip', sizeIsLost) } : entry;
      entries.push(shown);
      places.set(shown, start);
      if (at === undefined) oddities.add('what lies behind a member of unknown size is not found');
    }
  } catch (error) {
    if (!isLoss(error, options)) throw error;
    oddities.add(`what lies behind byte ${at} cannot be read: ${messageOf(error)}`);
  }
  return { entries, places };
}

/** Split archives have a mark in front (APPNOTE 8.5.3, 8.5.4). */
async function firstHeader(window: HeaderWindow, options: RequestOptions): Promise<number> {
  const signature = (await window.read(0, 4, options)).u32(0);
  return signature === descriptorSignature || signature === splitSignature ? 4 : 0;
}

async function readLocalEntry(
  window: HeaderWindow,
  at: number,
  refusals: ZipRefusals,
  options: RequestOptions,
): Promise<ZipEntry | undefined> {
  const header = await window.read(at, fixedBytes, options);
  if (header.u32(0) !== localSignature) return undefined;
  const nameLength = header.u16(26);
  const rest = await window.read(at + fixedBytes, nameLength + header.u16(28), options);
  const name = rest.part(0, nameLength);
  const said = { size: header.u32(22), packedSize: header.u32(18), offset: 0, disk: 0 };
  const extra = readZipExtra(rest.bytes.subarray(nameLength), name, said);
  const [flags, method] = [header.u16(6), header.u16(8)];
  return {
    name,
    madeOn: 0,
    flags,
    method,
    dosTime: header.u32(10),
    crc32: header.u32(14),
    packedSize: extra.packedSize,
    size: extra.size,
    attributes: 0,
    headerStart: at,
    extra,
    kind: 0,
    refusal: extra.problem ?? refusals.of(flags, method, extra),
  };
}

/** Where the header behind a member is; nothing when that cannot be told. */
async function nextHeader(
  window: HeaderWindow,
  { flags, packedSize }: ZipEntry,
  start: number,
  options: RequestOptions,
): Promise<number | undefined> {
  const end = start + packedSize;
  if ((flags & hasDescriptor) === 0) return end;
  const bytes = await window.read(end, Math.max(0, Math.min(mostDescriptorBytes + 4, window.size - end)), options);
  if (packedSize > 0 && isHeader(bytes, 0)) return end;
  const form = descriptorForms.find(
    ({ length, sizeAt, isLong }) =>
      isHeader(bytes, length) && (isLong ? bytes.u64Rough(sizeAt) : bytes.u32(sizeAt)) === packedSize,
  );
  return form && end + form.length;
}

const isHeader = (bytes: HeaderBytes, at: number) => at + 4 <= bytes.length && bytes.u32(at) === localSignature;
