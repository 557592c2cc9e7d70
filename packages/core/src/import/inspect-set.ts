import type { ArchiveMember } from '../archive/archive.js';
import { hasCode } from '../errors/index.js';
import { distinctPaths } from './distinct-paths.js';
import { type FoundMember, isReadable, type ReadableMember } from './found-member.js';
import { inspectJoined } from './inspect-joined.js';
import { inspectRar } from './inspect-rar.js';
import { kindOfHead } from './kind-of-head.js';
import { memberPath } from './member-path.js';
import { type Inspection, memberPiece } from './piece.js';
import type { ListedSet, PieceSet, SetKind } from './piece-set.js';
import { plannedSets } from './plan-release.js';
import { findVolumeSets } from './volume-sets.js';

/** How deep archives are opened inside each other. */
const mostLevels = 5;
/** Members in all, of an archive and of those inside it. */
const mostMembers = 2 ** 20;
/** Bytes of a piece that tell what it is. */
const headBytes = 4096;

/** What became of a set. */
export interface SetOutcome {
  /** What is inside, archives inside it opened as well. */
  readonly found: readonly FoundMember[];
  /** Whether the pieces are worth showing beside what is inside. */
  readonly isShownToo: boolean;
  /** See {@link ListedSet.leftOver}. */
  readonly leftOver?: readonly number[] | undefined;
  readonly warnings: readonly string[];
  /** Why nothing of it can be had as files: an ArchiveUnsupportedError or a PasswordError. */
  readonly refusal?: Error | undefined;
  /** Archives of which nothing can be had: this one, or those inside it. */
  readonly refusals: readonly SetRefusal[];
}

/** An archive that cannot be opened. */
export interface SetRefusal {
  /** What names of its volumes have in common. */
  readonly name: string;
  /** An ArchiveUnsupportedError or a PasswordError. */
  readonly error: Error;
}

/**
 * Finds out what is in a set, and in the archives inside it. A set that cannot be opened is an outcome; what hinders
 * reading for now is thrown.
 * @param level how many archives it lies in
 */
export async function inspectSet(set: PieceSet, inspection: Inspection, level = 0): Promise<SetOutcome> {
  try {
    const listed = await list(set, inspection);
    // What is shown beside its contents has them in a folder of its own.
    const folder = listed.isShownToo ? `${memberPath(set.base) || 'contents'}/` : '';
    const inFolder = listed.archives.map((members) => members.flatMap((each) => foundIn(each, listed.format, folder)));
    const found = distinctPaths(inFolder).slice(0, mostMembers);
    const inner =
      level + 1 < mostLevels ? await opened(found, inspection, level + 1) : { found, warnings: [], refusals: [] };
    const { isShownToo, leftOver } = listed;
    return { ...inner, isShownToo, leftOver, warnings: [...listed.warnings, ...inner.warnings] };
  } catch (refusal) {
    if (!isRefusal(refusal)) throw refusal;
    const refusals = [{ name: set.base, error: refusal }];
    return { found: [], isShownToo: true, warnings: [`${set.base}: ${refusal.message}`], refusal, refusals };
  }
}

/** Whether everything in a set can be had. */
export function isWholeOpen({ refusal, found }: SetOutcome): boolean {
  return refusal === undefined && found.every((member) => member.refusal === undefined);
}

/** Whether trying again later would not help. */
function isRefusal(error: unknown): error is Error {
  return hasCode(error, 'ERR_ARCHIVE_UNSUPPORTED') || hasCode(error, 'ERR_PASSWORD');
}

async function list(set: PieceSet, inspection: Inspection): Promise<ListedSet> {
  const kind = set.kind === 'split' ? await kindOfSplit(set, inspection) : set.kind;
  return kind === 'rar' ? inspectRar(set, inspection) : inspectJoined({ ...set, kind }, inspection);
}

/** Numbered pieces may be volumes of RAR, each of which says so, an archive that was cut, or any file that was cut. */
async function kindOfSplit({ pieces }: PieceSet, inspection: Inspection): Promise<SetKind> {
  const heads = await Promise.all(
    pieces.slice(0, 2).map(async (piece) => {
      await piece.ready();
      return kindOfHead(await piece.input().read(0, headBytes, { signal: inspection.signal }), piece.name);
    }),
  );
  const [first, second] = heads;
  // Pieces that each begin as an archive are volumes; where only the first does, the whole was cut.
  if (first === 'rar' && (second === undefined || second === 'rar')) return 'rar';
  return first === undefined || first === 'rar' ? 'split' : first;
}

function foundIn(member: ArchiveMember, format: ListedSet['format'], folder: string): FoundMember[] {
  const inside = memberPath(member.path);
  if (inside === '' || member.kind === 'link') return [];
  const { kind, size, modifiedMs, isEncrypted, content, refusal } = member;
  return [{ path: folder + inside, kind, size, modifiedMs, format, isEncrypted, content, refusal }];
}

/** The same with the archives among them opened. */
async function opened(found: readonly FoundMember[], inspection: Inspection, level: number) {
  const readable = found.filter(isReadable);
  const sets = innerSets(readable, inspection);
  const hidden = new Set<FoundMember>();
  const openedToo = new Set<FoundMember>();
  const more: (readonly FoundMember[])[] = [];
  const warnings: string[] = [];
  const refusals: SetRefusal[] = [];
  for (const { set, folder, members } of sets) {
    const outcome = await inspectSet(set, inspection, level);
    warnings.push(...outcome.warnings);
    refusals.push(...outcome.refusals.map(({ name, error }) => ({ name: folder + name, error })));
    more.push(outcome.found.map((inner) => ({ ...inner, path: folder + inner.path })));
    for (const member of isWholeOpen(outcome) ? members : []) (outcome.isShownToo ? openedToo : hidden).add(member);
  }
  const kept = found.filter((member) => !hidden.has(member));
  const told = kept.map((member) => (openedToo.has(member) ? { ...member, isOpened: true } : member));
  return { found: distinctPaths([told, ...more]).slice(0, mostMembers), warnings, refusals };
}

interface InnerSet {
  readonly set: PieceSet;
  /** Folder its pieces are in, with a slash at the end. */
  readonly folder: string;
  readonly members: readonly ReadableMember[];
}

function innerSets(readable: readonly ReadableMember[], inspection: Inspection): InnerSet[] {
  const folders = new Map<string, ReadableMember[]>();
  for (const member of readable) {
    const folder = member.path.slice(0, member.path.lastIndexOf('/') + 1);
    const members = folders.get(folder) ?? [];
    folders.set(folder, members);
    members.push(member);
  }
  return [...folders].flatMap(([folder, members]) =>
    plannedSets(findVolumeSets(members.map(({ path }) => path.slice(folder.length))).sets).map((named) => {
      const pieces = named.members.map((at) => members[at] as ReadableMember);
      const set = { ...named, pieces: pieces.map((member) => memberPiece(member, inspection)) };
      return { set, folder, members: pieces };
    }),
  );
}
