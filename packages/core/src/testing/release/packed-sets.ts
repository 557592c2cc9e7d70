import type { NamedContent } from './archive/archive.js';
import { archiveFiles, storedNames } from './archive/archive-files.js';
import type { ReleaseArchive } from './archive/options.js';
import { refused } from './archive/refused.js';
import type { Volume } from './archive/selected-volumes.js';
import { computedBytes, placeInStream } from './computed-bytes.js';
import { type Content, heldContent, windowOf } from './content.js';
import type { ReleasePayload, ResolvedRelease } from './options.js';
import { releaseMember } from './posted-file.js';
import type { ReleaseMember } from './release.js';

/** Some of the payload, and what is posted for it. */
export interface PackedSet {
  readonly members: readonly ReleaseMember[];
  /** Paths of folders. */
  readonly folders: readonly string[];
  readonly volumes: readonly Volume[];
}

/** Packs the payload: the files that are posted as they are or in one archive, then every further archive. */
export function packedSets(options: ResolvedRelease): PackedSet[] {
  const { name, files, archive, archives } = options;
  const contents = contentsOf(options.seed);
  return [
    packedSet(options, contents(files), archive && { name, ...archive }, []),
    ...archives.map(({ files: own, ...group }, at) =>
      packedSet(options, contents(own), { name: `${name}-${at + 1}`, ...group }, [at + 1]),
    ),
  ];
}

/** Turns payload into contents, every one from another place of one stream. */
function contentsOf(seed: number): (files: readonly ReleasePayload[]) => NamedContent[] {
  let stream: Content | undefined;
  let count = 0;
  return (files) =>
    files.map(({ name, size, bytes, folder }) => {
      const index = count++;
      if (folder) return { name, content: heldContent(new Uint8Array()), isFolder: true };
      if (bytes !== undefined) return { name, content: heldContent(bytes) };
      stream ??= computedBytes(seed);
      return { name, content: windowOf(stream, placeInStream(index, size as number)) };
    });
}

function packedSet(
  { name, seed, nzb }: ResolvedRelease,
  members: readonly NamedContent[],
  archive: ReleaseArchive | undefined,
  place: readonly number[],
): PackedSet {
  const input = { name, members, modifiedMs: nzb.postedMs, seed: [seed, name, ...place].join('\0') };
  const isPacked = archive !== undefined && archive.format !== 'split';
  const folders = members.filter(({ isFolder }) => isFolder).map((folder) => folder.name);
  if (!isPacked && folders.length > 0) throw refused('format', 'must be one that has folders');
  const stored = isPacked ? storedNames(input, archive) : members.map((member) => lastPart(member.name));
  const volumes: readonly Volume[] = archive === undefined ? members : archiveFiles(input, archive);
  return {
    members: members
      .map((member, at) => ({ ...member, storedPath: stored[at] as string }))
      .filter(({ isFolder }) => !isFolder)
      .map((member) => releaseMember(member.name, member.storedPath, member.content)),
    folders,
    volumes: volumes.map((volume) => ({ ...volume, name: lastPart(volume.name) })),
  };
}

const lastPart = (path: string) => path.slice(path.lastIndexOf('/') + 1);
