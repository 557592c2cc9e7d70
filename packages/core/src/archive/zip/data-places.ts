import type { RequestOptions } from '../../model/common.js';
import type { ArchiveInput } from '../archive.js';
import { HeaderWindow } from '../header-window.js';
import { isLoss } from '../losses.js';
import { damaged, unsupported } from '../refusals.js';
import type { ZipEntry } from './zip-entry.js';

const localSignature = 0x04034b50;
const fixedBytes = 30;
/** Of each kind of entry so many local headers are read: the first, one in the middle and the last. */
const samplesPerKind = 3;
/** More kinds than this are not sampled: then every local header is read. */
const mostReads = 65_536;
/** A header this far behind the one before is likely to cost an article of its own. */
const farBytes = 512 * 1024;
const mostFarReads = 2048;
/** Between a member's data and what comes next: nothing, or a data descriptor (APPNOTE 4.3.9) in one of its forms. */
const gaps = [0, 12, 16, 20, 24];

/** Where the data of entries begin in the input, or why that cannot be known; nothing for entries without data. */
export type DataPlaces = ReadonlyMap<ZipEntry, number | Error>;

/** An entry, and where the next thing behind it begins. */
interface Spot {
  readonly entry: ZipEntry;
  readonly nextStart: number;
}

/** What entries of one kind have in common, as far as their local headers were read. */
interface Habit {
  /** Length of the local extra fields less that of the central ones. */
  readonly extraBytes: number;
  /** Between the data and what comes next. */
  readonly gapBytes: number;
}

/**
 * Finds where the data of members begin. That depends on lengths only their local headers tell, and reading each of them
 * would cost an article per member. So a few of every kind are read. Of the others the place follows from the directory,
 * if header, name, the extra fields usual for the kind, data and the usual gap together fill the room up to the next
 * member to the byte; those where they do not are read as well.
 */
export async function findDataPlaces(
  input: ArchiveInput,
  entries: readonly ZipEntry[],
  directoryStart: number,
  options: RequestOptions,
): Promise<DataPlaces> {
  const found = new Map<ZipEntry, number | Error>();
  const reader = new LocalHeaders(input, found, options);
  const kinds = new Map<number, Spot[]>();
  for (const spot of spotsOf(entries, directoryStart)) {
    const kind = kinds.get(spot.entry.kind);
    if (kind === undefined) kinds.set(spot.entry.kind, [spot]);
    else kind.push(spot);
  }
  const samples = [...kinds.values()].flatMap(sampled).sort(byPlace);
  for (const { entry } of samples) await reader.read(entry);
  const unproven: Spot[] = [];
  for (const spots of kinds.values()) {
    const habit = habitOf(sampled(spots), found);
    for (const spot of spots) {
      if (found.has(spot.entry)) continue;
      const place = habit && placeBy(habit, spot);
      if (place === undefined) unproven.push(spot);
      else found.set(spot.entry, place);
    }
  }
  for (const { entry } of unproven.sort(byPlace)) await reader.read(entry);
  return found;
}

const byPlace = (a: Spot, b: Spot) => a.entry.headerStart - b.entry.headerStart;

/** Entries with data in the order of their places, each with the beginning of what comes behind it. */
function spotsOf(entries: readonly ZipEntry[], directoryStart: number): Spot[] {
  const sorted = entries.filter((entry) => entry.headerStart >= 0);
  sorted.sort((a, b) => a.headerStart - b.headerStart);
  return sorted
    .map((entry, index) => ({ entry, nextStart: sorted[index + 1]?.headerStart ?? directoryStart }))
    .filter(({ entry }) => entry.packedSize > 0 && entry.size > 0 && entry.refusal === undefined);
}

function sampled(spots: readonly Spot[]): readonly Spot[] {
  if (spots.length <= samplesPerKind) return spots;
  return [spots[0], spots[spots.length >> 1], spots[spots.length - 1]] as Spot[];
}

function habitOf(samples: readonly Spot[], found: DataPlaces): Habit | undefined {
  let habit: Habit | undefined;
  for (const { entry, nextStart } of samples) {
    const place = found.get(entry);
    if (typeof place !== 'number') return undefined;
    const extraBytes = place - entry.headerStart - fixedBytes - entry.name.length - entry.extra.length;
    const gapBytes = nextStart - place - entry.packedSize;
    if (!gaps.includes(gapBytes)) return undefined;
    habit ??= { extraBytes, gapBytes };
    if (habit.extraBytes !== extraBytes || habit.gapBytes !== gapBytes) return undefined;
  }
  return habit;
}

function placeBy({ extraBytes, gapBytes }: Habit, { entry, nextStart }: Spot): number | undefined {
  const place = entry.headerStart + fixedBytes + entry.name.length + entry.extra.length + extraBytes;
  return place + entry.packedSize + gapBytes === nextStart ? place : undefined;
}

/** Reads local headers (APPNOTE 4.3.7), within bounds. */
class LocalHeaders {
  readonly #window: HeaderWindow;
  readonly #found: Map<ZipEntry, number | Error>;
  readonly #options: RequestOptions;
  readonly #tooMuch = unsupported('zip', 'Finding the data of this member takes more reads than the limit allows');
  #reads = 0;
  #farReads = 0;
  #last = Number.NEGATIVE_INFINITY;

  constructor(input: ArchiveInput, found: Map<ZipEntry, number | Error>, options: RequestOptions) {
    this.#window = new HeaderWindow(input, 'zip');
    this.#found = found;
    this.#options = options;
  }

  /** Notes where the data of an entry begin, or why that cannot be known. */
  async read(entry: ZipEntry): Promise<void> {
    this.#reads++;
    if (Math.abs(entry.headerStart - this.#last) > farBytes) this.#farReads++;
    this.#last = entry.headerStart;
    const isTooMuch = this.#reads > mostReads || this.#farReads > mostFarReads;
    this.#found.set(entry, isTooMuch ? this.#tooMuch : await this.#place(entry));
  }

  async #place(entry: ZipEntry): Promise<number | Error> {
    try {
      const header = await this.#window.read(entry.headerStart, fixedBytes, this.#options);
      if (header.u32(0) !== localSignature) return damaged('zip', 'The header of a member is not where it should be');
      return entry.headerStart + fixedBytes + header.u16(26) + header.u16(28);
    } catch (error) {
      if (isLoss(error, this.#options)) return error as Error;
      throw error;
    }
  }
}
