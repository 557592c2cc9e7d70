import type { MessageId } from '../../model/article.js';
import type { NzbFile } from '../../model/nzb.js';
import { nzbText } from '../memory-file.js';
import { type MemoryProvider, memoryProvider } from '../memory-provider.js';
import type { MemoryFault } from '../memory-source.js';
import type { NamedContent } from './archive/archive.js';
import type { Volume } from './archive/selected-volumes.js';
import { damagedArticles, type ReleaseDamageType, type ReleaseFault } from './damage.js';
import { postedNames, token } from './names.js';
import { parseRelease, type ReleaseOptions, type ResolvedRelease } from './options.js';
import { packedSets } from './packed-sets.js';
import { par2Files } from './par2/par2-files.js';
import { type PostedFile, postedFile, readId } from './posted-file.js';
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
  readonly folders: readonly string[];
  readonly #options: ResolvedRelease;
  readonly #byStem = new Map<string, PostedFile>();

  constructor(options: ResolvedRelease) {
    const sets = packedSets(options);
    this.name = options.name;
    this.#options = options;
    this.members = sets.flatMap(({ members }) => members);
    this.folders = sets.flatMap(({ folders }) => folders);
    const packed = sets.flatMap((set) => set.volumes);
    const volumes = [...packed, ...parity(options, packed)];
    this.files = this.#ordered(
      volumes.flatMap((volume, at) => (volume.isLeftOut ? [] : [this.#post(volume, at, volumes.length)])),
    );
    const { filePerArticle, meta } = options.nzb;
    this.nzb = nzbText(
      this.files.flatMap(({ nzbFile }) => (filePerArticle ? articlesOf(nzbFile) : [nzbFile])),
      meta,
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

  #ordered(files: readonly PostedFile[]): readonly PostedFile[] {
    const { seed, order } = this.#options;
    if (order === 'posted') return files;
    const drawn = files.map((file, at) => ({ file, lot: token(32, seed, this.name, 'order', at) }));
    return drawn.sort((a, b) => (a.lot < b.lot ? -1 : 1)).map(({ file }) => file);
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

/** Every article of a file as a file of its own. */
const articlesOf = (file: NzbFile): NzbFile[] =>
  file.segments.map((segment) => {
    const subject = file.subject.replace(/\(1\/(\d+)\)$/, `(${segment.number}/$1)`);
    return { ...file, subject, segments: [segment], segmentCount: 1, encodedBytes: segment.bytes };
  });

/** PAR2 files know the whole of what was to be posted, by its true names. */
function parity({ name, par2, partBytes }: ResolvedRelease, volumes: readonly Volume[]): readonly Volume[] {
  const described = volumes.filter(({ isDuplicate }) => !isDuplicate);
  return par2 === undefined ? [] : par2Files(name, described, par2, partBytes);
}

/** To who sees decoded articles only, an article is there, absent, or wrong. */
const memoryFault = (type: ReleaseDamageType | undefined): MemoryFault | undefined =>
  type === undefined || type === 'missing' ? type : 'corrupt';
