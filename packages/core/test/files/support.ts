import { setImmediate as turn } from 'node:timers/promises';
import type { SegmentFetcher } from '../../src/fetch/segment-fetcher.js';
import { openSegmentedSource } from '../../src/files/open-segmented-source.js';
import type { SegmentedSource } from '../../src/files/segmented-source.js';
import type { Attempt } from '../fetch/scripted-source.js';
import { ScriptedSource } from '../fetch/scripted-source.js';
import { EventLog, fetcherOver } from '../fetch/support.js';
import { type Post, shifted } from './posts.js';

/** What one provider makes of an article: the truth, another range, a break, a bad checksum, or nothing. */
export type Fault = { readonly lie: number } | { readonly failAt: number } | 'corrupt' | 'missing' | undefined;

/** A provider: its name and what goes wrong with which article. */
export interface Faulty {
  readonly name: string;
  readonly fault: (index: number) => Fault;
}

export const honest: Faulty = { name: 'honest', fault: () => undefined };

/** A post behind providers that are asked in order, and the file opened on it. */
export interface Posted {
  readonly post: Post;
  readonly source: ScriptedSource;
  readonly events: EventLog;
  readonly fetcher: ReturnType<typeof fetcherOver>;
  open(options?: Partial<Parameters<typeof openSegmentedSource>[0]>): Promise<SegmentedSource>;
}

export function posted(post: Post, providers: readonly Faulty[] = [honest], cacheBytes?: number): Posted {
  const source = new ScriptedSource(
    (id) => providers.flatMap((provider) => attempt(post, provider, post.indexOf(id))),
    () => turn(),
  );
  const events = new EventLog();
  const fetcher = fetcherOver(source, { events, ...(cacheBytes === undefined ? {} : { cacheBytes }) });
  return {
    post,
    source,
    events,
    fetcher,
    open: (options) => openSegmentedSource({ file: post.nzbFile, fetcher: fetcher as SegmentFetcher, ...options }),
  };
}

function attempt(post: Post, { name, fault }: Faulty, index: number): Attempt[] {
  const trouble = fault(index);
  const part = post.parts[index];
  if (part === undefined || trouble === 'missing') return [];
  const bytes = post.bytes.subarray(part.range.start, part.range.end);
  if (trouble === undefined) return [{ provider: name, bytes, part }];
  if (trouble === 'corrupt') {
    const wrong = Uint8Array.from(bytes, (byte, at) => (at % 97 === 13 ? ~byte : byte));
    return [{ provider: name, bytes: wrong, part, corrupt: true }];
  }
  if ('lie' in trouble) return [{ provider: name, bytes, part: shifted(part, trouble.lie) }];
  return [{ provider: name, bytes, part, failAt: Math.max(1, trouble.failAt % bytes.length) }];
}
