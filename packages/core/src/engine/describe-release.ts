import { type ArchiveUnsupportedError, hasCode, type PasswordError } from '../errors/index.js';
import { classify } from '../import/classify.js';
import type { ArchiveRefusal, Release, ReleaseFile, ReleaseMember } from '../model/catalog.js';
import type { Nzb } from '../model/nzb.js';
import type { ArchiveWork } from './archive-work.js';
import type { MemberFile } from './member-file.js';
import type { PostedFile } from './posted-file.js';

/** What a description is made of. */
export interface DescribedRelease {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly addedMs: number;
  readonly nzb: Nzb;
  readonly posted: readonly PostedFile[];
  readonly works: readonly ArchiveWork[];
  readonly warnings: readonly string[];
  readonly pathOf: (content: PostedFile | MemberFile) => string;
}

/** A release as the world sees it. */
export function describeRelease(described: DescribedRelease): Release {
  const { id, name, path, addedMs, nzb, warnings } = described;
  const files = described.posted.map((posted) => describeFile(posted, described));
  const members = described.works.flatMap((work) => describeMembers(work, described));
  const shown = new Set(described.works.flatMap(({ indexes }) => indexes));
  const opened = new Set(described.works.flatMap((work) => openedIn(work, described.pathOf)));
  const whole = [
    ...members.filter(({ refusal, path: at }) => refusal === undefined && !opened.has(at)),
    ...files.filter((_file, at) => !shown.has(at)),
  ];
  const main = whole.reduce<ReleaseFile | ReleaseMember | undefined>(
    (largest, file) => ((file.size ?? 0) > (largest?.size ?? -1) ? file : largest),
    undefined,
  );
  const refused = described.works.flatMap(({ refusals }) =>
    refusals.map((refusal) => Object.freeze({ name: refusal.name, ...describeRefusal(refusal.error) })),
  );
  const { meta } = nzb;
  return Object.freeze({ id, name, path, main: main?.path, addedMs, files, members, refused, warnings, meta });
}

/** Paths of archives whose contents are there as well. */
const openedIn = ({ members }: ArchiveWork, pathOf: DescribedRelease['pathOf']) =>
  [...members.values()].filter(({ member }) => member.isOpened).map(pathOf);

function describeFile(posted: PostedFile, { pathOf }: DescribedRelease): ReleaseFile {
  const { nzbFile, size } = posted;
  const path = pathOf(posted);
  return Object.freeze({
    path,
    kind: classify(path),
    encodedBytes: nzbFile.encodedBytes,
    segmentCount: nzbFile.segments.length,
    missingSegments: nzbFile.segmentCount - nzbFile.segments.length,
    size,
  });
}

function describeMembers({ members, refused }: ArchiveWork, { path, pathOf }: DescribedRelease): ReleaseMember[] {
  const readable = [...members.values()].map((content): ReleaseMember => {
    const { size, format, isEncrypted } = content.member;
    const at = pathOf(content);
    return Object.freeze({ path: at, kind: classify(at), size, format, isEncrypted });
  });
  const others = refused.map(
    ({ path: inside, size, format, isEncrypted, refusal }): ReleaseMember =>
      Object.freeze({
        path: `${path}/${inside}`,
        kind: classify(inside),
        size,
        format,
        isEncrypted,
        refusal: describeRefusal(refusal),
      }),
  );
  return [...readable, ...others];
}

/** The parts of an error that an app goes by; the error itself holds on to what it came from. */
function describeRefusal(error: Error | undefined): ArchiveRefusal {
  const message = error?.message ?? 'its bytes cannot be had';
  if (hasCode(error, 'ERR_PASSWORD'))
    return Object.freeze({ code: 'ERR_PASSWORD', reason: (error as PasswordError).reason, message });
  const isKnown = hasCode(error, 'ERR_ARCHIVE_UNSUPPORTED');
  const reason = isKnown ? (error as ArchiveUnsupportedError).reason : 'damaged';
  return Object.freeze({ code: 'ERR_ARCHIVE_UNSUPPORTED', reason, message });
}
