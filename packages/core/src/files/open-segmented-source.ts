import { hasCode, LayoutUnknownError } from '../errors/index.js';
import type { SegmentFetcher, SegmentFetchOptions } from '../fetch/segment-fetcher.js';
import type { Lane, RequestOptions } from '../model/common.js';
import type { NzbFile } from '../model/nzb.js';
import type { LayoutFacts } from './layout-facts.js';
import { LayoutSearch } from './layout-search.js';
import { SegmentMap } from './segment-map.js';
import { MappedSource, type SegmentedSource } from './segmented-source.js';

/** How a posted file is opened. */
export interface OpenSegmentedOptions extends RequestOptions {
  /** The file. */
  readonly file: NzbFile;
  /** Who gets its articles. */
  readonly fetcher: SegmentFetcher;
  /** Articles with the same word are likely to live and die together. */
  readonly affinity?: string | undefined;
  /** Urgency of finding out the size. @default 'playback' */
  readonly lane?: Lane | undefined;
  /** What is remembered from {@link SegmentedSource.facts}: opening then costs no request. */
  readonly facts?: LayoutFacts | undefined;
  /** Which article says how large the file is. The last one has to end there, so it cannot be wrong. @default 'first' */
  readonly witness?: 'first' | 'last' | undefined;
  /** Called once when reading proves that the size is wrong: the file has to be opened anew, with the last as witness. */
  readonly contradicted?: (() => void) | undefined;
}

/** Articles asked, at most, until one says how large the file is. */
const maxWitnesses = 5;

/**
 * Opens a posted file: finds out its exact size from as few articles as possible (one, as a rule; it stays in the
 * cache), or from remembered facts without any.
 * @throws LayoutUnknownError when no article could prove the size
 * @throws the first article's error when none could be had
 */
export async function openSegmentedSource(options: OpenSegmentedOptions): Promise<SegmentedSource> {
  const { file, fetcher, affinity, facts, contradicted } = options;
  const open = (map: SegmentMap) => ({ map, search: new LayoutSearch(file, map, fetcher, affinity) });
  const first = open(new SegmentMap(file, facts, contradicted));
  if (options.witness === 'last' && facts === undefined) await first.search.look(lastOf(file), options);
  const problem = await prove(first, file, options);
  if (problem === undefined) return new MappedSource(file, first.map, first.search, fetcher);
  if (hasCode(problem, 'ERR_ARTICLE_CORRUPT')) {
    // The first article and the last disagree about the size. The last one also has to end there, so it goes first.
    const second = open(new SegmentMap(file, undefined, contradicted));
    await second.search.look(lastOf(file), options);
    if (second.map.isSizeProved) return new MappedSource(file, second.map, second.search, fetcher);
  }
  throw new LayoutUnknownError({ path: file.nameHint || file.subject, cause: problem });
}

/** A posted file by remembered facts: it costs no request. What contradicts them shows when it is read. */
export function sourceFromFacts(
  options: Pick<OpenSegmentedOptions, 'file' | 'fetcher' | 'affinity' | 'contradicted'> & {
    readonly facts: LayoutFacts;
  },
): SegmentedSource {
  const { file, fetcher, affinity, facts, contradicted } = options;
  const map = new SegmentMap(file, facts, contradicted);
  return new MappedSource(file, map, new LayoutSearch(file, map, fetcher, affinity), fetcher);
}

/** Exact size and layout of a posted file, to be remembered: {@link openSegmentedSource} without the reading. */
export async function resolveLayout(options: OpenSegmentedOptions): Promise<LayoutFacts> {
  return (await openSegmentedSource(options)).facts();
}

interface Opening {
  readonly map: SegmentMap;
  readonly search: LayoutSearch;
}

/** Looks at articles until the size is proved; otherwise returns why it is not. */
async function prove({ map, search }: Opening, file: NzbFile, options: OpenSegmentedOptions): Promise<unknown> {
  if (map.size === undefined) await hearAnyone(map, search, file, options);
  if (map.isSizeProved) return undefined;
  try {
    await search.look(lastOf(file), options);
  } catch (error) {
    options.signal?.throwIfAborted();
    return error;
  }
  return map.isSizeProved ? undefined : new Error('no article proves the size');
}

/** The first article, else the last, else some in between: whichever can be had says how large the file is. */
async function hearAnyone(
  map: SegmentMap,
  search: LayoutSearch,
  file: NzbFile,
  options: SegmentFetchOptions,
): Promise<void> {
  let firstFailure: { readonly error: unknown } | undefined;
  for (const index of witnesses(file)) {
    try {
      await search.look(index, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      // Another article helps only where this one is at fault, not where nobody answers.
      if (!hasCode(error, 'ERR_ARTICLE_MISSING') && !hasCode(error, 'ERR_ARTICLE_CORRUPT')) throw error;
      firstFailure ??= { error };
    }
    if (map.size !== undefined) return;
  }
  if (firstFailure) throw firstFailure.error;
  const path = file.nameHint || file.subject;
  throw new LayoutUnknownError({ path, message: `${path} has no articles to tell its size` });
}

function witnesses(file: NzbFile): number[] {
  const { length } = file.segments;
  const places = [0, length - 1, length >> 1, length >> 2, (3 * length) >> 2].slice(0, Math.min(maxWitnesses, length));
  return [...new Set(places)].flatMap((place) => {
    const segment = file.segments[place];
    return segment ? [segment.number - 1] : [];
  });
}

/** The last segment the NZB lists. */
function lastOf(file: NzbFile): number {
  return file.segments.reduce((most, segment) => Math.max(most, segment.number), 1) - 1;
}
