import type { MessageId } from '../../model/article.js';
import { nzbText } from '../memory-file.js';
import { type MemoryProvider, memoryProvider } from '../memory-provider.js';
import type { MemoryFault } from '../memory-source.js';
import type { NamedContent } from './archive/archive.js';
import { archiveFiles } from './archive/archive-files.js';
import { computedBytes, placeInStream } from './computed-bytes.js';
import { type Content, heldContent, windowOf } from './content.js';
import { damagedArticles, type ReleaseDamageType, type ReleaseFault } from './damage.js';
import { postedNames, token } from './names.js';
import { parseRelease, type ReleaseOptions, type ResolvedRelease } from './options.js';
import { type PostedFile, postedFile, readId, releaseMember } from './posted-file.js';
import type { Release, ReleaseArticle, ReleaseProviderOptions } from './release.js';

/**
 * Makes a release for people who test software that streams Usenet: files, their posts and NZB, and what
 * is wrong with them. Everything is computed from the options and the seed when it is asked for, so a release of 50 GiB
 * takes as much memory as its NZB; the same options give the same release on every machine.
 *
 * @throws ConfigInvalidError when options are not usable
 */
export function makeRelease(options: ReleaseOptions): Release {
  return new ComputedRelease(parseRelease(options));
}

class ComputedRelease implements Release {
  readonly name: string;
  readonly nzb: string;
  readonly files: readonly PostedFile[];
  readonly members: Release['members'];
  readonly #options: ResolvedRelease;
  readonly #byStem = new Map<string, PostedFile>();

  constructor(options: ResolvedRelease) {
    const payload = payloadOf(options);
    this.name = options.name;
    this.#options = options;
    this.members = payload.map(({ name, content }) => releaseMember(name, content));
    this.files = posted(options, payload)
      .map(({ name, content }) => ({ name: name.slice(name.lastIndexOf('/') + 1), content }))
      .map((file, at, all) => this.#post(file, at, all.length));
    this.nzb = nzbText(
      this.files.map(({ nzbFile }) => nzbFile),
      options.nzb.meta,
    );
  }

  article(id: MessageId): ReleaseArticle | undefined {
    const place = readId(id);
    return place && this.#byStem.get(place.stem)?.article(place.number);
  }

  *articles(): Iterable<ReleaseArticle> {
    for (const file of this.files)
      for (const { number } of file.nzbFile.segments) yield file.article(number) as ReleaseArticle;
  }

  faults(provider?: string): ReleaseFault[] {
    const idsByType = new Map<ReleaseDamageType, MessageId[]>();
    for (const [id, type] of this.#damage(provider)) {
      const ids = idsByType.get(type) ?? [];
      idsByType.set(type, ids);
      ids.push(id);
    }
    return [...idsByType].map(([type, ids]) => ({ type, ids }));
  }

  provider(options: ReleaseProviderOptions = {}): MemoryProvider {
    const damaged = this.#damage(options.name);
    return memoryProvider({
      ...options,
      articles: (id) => this.article(id),
      fault: (id, call) => options.fault?.(id, call) ?? memoryFault(damaged.get(id)),
    });
  }

  #damage(provider: string | undefined): ReadonlyMap<MessageId, ReleaseDamageType> {
    return damagedArticles(this.files, this.#options.damage, this.#options.seed, provider);
  }

  #post({ name, content }: NamedContent, at: number, count: number): PostedFile {
    const { seed, obfuscate, partBytes, nzb } = this.#options;
    const identity = [seed, this.name, at, name].join('\0');
    const place = `[${at + 1}/${count}]`;
    const idStem = token(24, identity, 'id');
    const names = postedNames({ name, poster: nzb.poster, place, seed: identity }, obfuscate);
    const { groups, postedMs } = nzb;
    const file = postedFile({ name, content, names, partBytes, groups, postedMs, idStem });
    this.#byStem.set(idStem, file);
    return file;
  }
}

/** To who sees decoded articles only, an article is there, absent, or wrong. */
const memoryFault = (type: ReleaseDamageType | undefined): MemoryFault | undefined =>
  type === undefined || type === 'missing' ? type : 'corrupt';

/** What is posted: the payload, or what it is packed into. */
function posted({ name, archive, seed, nzb }: ResolvedRelease, members: readonly NamedContent[]) {
  if (archive === undefined) return members;
  return archiveFiles({ name, members, modifiedMs: nzb.postedMs, seed: [seed, name].join('\0') }, archive);
}

function payloadOf({ files, seed }: ResolvedRelease): NamedContent[] {
  let stream: Content | undefined;
  return files.map(({ name, size, bytes }, at) => {
    if (bytes !== undefined) return { name, content: heldContent(bytes) };
    stream ??= computedBytes(seed);
    return { name, content: windowOf(stream, placeInStream(at, size as number)) };
  });
}
