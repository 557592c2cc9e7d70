import type { MessageId } from '../../model/article.js';
import type { NzbFile } from '../../model/nzb.js';
import { readSubject } from '../../nzb/file-name.js';
import { encodedBytes, partRanges } from '../memory-file.js';
import { type Content, readRange, sha256Of } from './content.js';
import type { PostedNames } from './names.js';
import type { ReleaseArticle, ReleaseFile, ReleaseMember } from './release.js';

/** What a posted file is made of. */
export interface PostedFileParts {
  /** True name. */
  readonly name: string;
  readonly content: Content;
  readonly names: PostedNames;
  /** Decoded bytes of every article but the last. */
  readonly partBytes: number;
  readonly groups: readonly string[];
  readonly postedMs: number;
  /** Article `n` has the message-id `<idStem>.<n>@newsreel.invalid`. */
  readonly idStem: string;
}

/** A posted file together with the way to its articles. */
export interface PostedFile extends ReleaseFile {
  /** The article with a number counted from 1; `undefined` when the file has no such article. */
  article(number: number): ReleaseArticle | undefined;
}

const domain = 'newsreel.invalid';

/** Takes a message-id of a posted file apart. */
export function readId(id: MessageId): { readonly stem: string; readonly number: number } | undefined {
  const [, stem, number] = /^(.+)\.([1-9]\d*)@newsreel\.invalid$/.exec(id) ?? [];
  return stem === undefined ? undefined : { stem, number: Number(number) };
}

/** Cuts a file into articles. Nothing of it is read. */
export function postedFile(parts: PostedFileParts): PostedFile {
  const { name, content, names, partBytes } = parts;
  const nzbFile = listed(parts);
  const total = nzbFile.segmentCount;
  const file: PostedFile = {
    name,
    postedName: names.yencName,
    size: content.size,
    nzbFile,
    read: (range) => readRange(content, range),
    sha256: once(() => sha256Of(content)),
    article(number) {
      const segment = nzbFile.segments[number - 1];
      if (segment === undefined) return undefined;
      const start = (number - 1) * partBytes;
      const range = { start, end: Math.min(start + partBytes, content.size) };
      const part = { range, fileSize: content.size, fileName: names.yencName, part: number, totalParts: total };
      const bytes = once(() => readRange(content, range));
      return {
        id: segment.id,
        file,
        part,
        get bytes() {
          return bytes();
        },
      };
    },
  };
  return file;
}

/** A file of the payload. */
export function releaseMember(path: string, storedPath: string, content: Content): ReleaseMember {
  return {
    path,
    storedPath,
    size: content.size,
    read: (range) => readRange(content, range),
    crc32: () => content.crc32({ start: 0, end: content.size }),
    sha256: once(() => sha256Of(content)),
  };
}

function listed({ content, names, partBytes, groups, postedMs, idStem }: PostedFileParts): NzbFile {
  const ranges = partRanges(content.size, partBytes);
  // A file without a byte is posted too: as one article without a byte.
  if (ranges.length === 0) ranges.push({ start: 0, end: 0 });
  const segments = ranges.map((range, at) => ({
    number: at + 1,
    bytes: encodedBytes(range),
    id: `${idStem}.${at + 1}@${domain}`,
  }));
  const subject = `${names.subject} (1/${segments.length})`;
  return {
    subject,
    poster: names.poster,
    postedMs,
    groups,
    nameHint: readSubject(subject).nameHint,
    segments,
    segmentCount: segments.length,
    encodedBytes: segments.reduce((sum, segment) => sum + segment.bytes, 0),
  };
}

function once<T>(compute: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: compute() };
    return made.value;
  };
}
