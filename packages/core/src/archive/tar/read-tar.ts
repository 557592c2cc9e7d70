import type { ArchiveInput, ArchiveListing, ArchiveMember, ReadArchiveOptions } from '../archive.js';
import { type ByteRecipe, join, ofVolume } from '../byte-recipe.js';
import { mostMembers } from '../limits.js';
import { isLoss, messageOf } from '../losses.js';
import { Oddities } from '../oddities.js';
import { damaged, incomplete, unsupported } from '../refusals.js';
import { hasTarChecksum, isZeroBlock } from './tar-header.js';
import { type TarMember, TarWalk } from './tar-walk.js';

/** Whether these are the first bytes of a tar: at least 512, with the checksum of a header. */
export const tarSignature = (head: Uint8Array) => hasTarChecksum(head) && !isZeroBlock(head.subarray(0, 100));

/**
 * What is inside a tar: POSIX ustar and pax, GNU's and star's long names and large sizes. Its headers lie between the data,
 * so every member costs a read. Where the walk breaks off, what was found so far is shown, with a warning. Recipes name
 * volume 0: the input as it is given.
 * @throws ArchiveUnsupportedError when the first header is none
 */
export async function readTar(input: ArchiveInput, options: ReadArchiveOptions): Promise<ArchiveListing> {
  const request = { signal: options.signal };
  const walk = new TarWalk(input, request);
  const oddities = new Oddities();
  const members: ArchiveMember[] = [];
  const byPath = new Map<string, ArchiveMember>();
  try {
    for (let found = await walk.next(); found !== undefined; found = await walk.next()) {
      if (members.length === mostMembers) {
        oddities.add(`only the first ${mostMembers} members are shown`);
        break;
      }
      const member = memberOf(found, byPath, input.size, oddities);
      if (member === undefined) continue;
      members.push(member);
      byPath.set(member.path, member);
    }
  } catch (error) {
    if (members.length === 0 || !isLoss(error, request)) throw error;
    oddities.add(`what lies behind byte ${walk.at} cannot be read: ${messageOf(error)}`);
  }
  if (walk.at === 0) throw damaged('tar', `${input.name} has no header`);
  return { format: 'tar', members, warnings: oddities.lines };
}

function memberOf(
  found: TarMember,
  byPath: ReadonlyMap<string, ArchiveMember>,
  inputSize: number,
  oddities: Oddities,
): ArchiveMember | undefined {
  const { path, modifiedMs, link } = found;
  const common = { path, modifiedMs, isEncrypted: false };
  switch (found.header.type) {
    case '1': {
      const target = byPath.get(link.text);
      const refusal = incomplete('tar', 'The member this link points to is not in the archive');
      if (target === undefined) return { ...common, kind: 'file', size: 0, refusal };
      return { ...target, ...common };
    }
    case '2':
      return { ...common, kind: 'link', size: link.end - link.start, content: ofVolume(0, link.start, link.end) };
    case '3':
    case '4':
    case '6':
      oddities.add(`${path} is a device or a pipe and is left out`);
      return undefined;
    case '5':
    case 'D':
      return { ...common, path: withoutSlashes(path), kind: 'folder', size: 0 };
    default: {
      if (path.endsWith('/')) return { ...common, path: withoutSlashes(path), kind: 'folder', size: 0 };
      const content = contentOf(found, inputSize);
      return {
        ...common,
        kind: 'file',
        size: found.size,
        ...(content instanceof Error ? { refusal: content } : { content }),
      };
    }
  }
}

function contentOf({ header, size, dataStart, isSparse, refusal }: TarMember, inputSize: number): ByteRecipe | Error {
  if (refusal !== undefined) return refusal;
  if (isSparse) return unsupported('tar', 'Sparse members are not supported');
  if (header.type === 'M') return unsupported('tar', 'This member begins in another volume');
  if (dataStart + size > inputSize) return incomplete('tar', 'The archive ends before this member does');
  return size === 0 ? join([]) : ofVolume(0, dataStart, dataStart + size);
}

function withoutSlashes(path: string): string {
  let end = path.length;
  while (end > 0 && path[end - 1] === '/') end--;
  return path.slice(0, end);
}
