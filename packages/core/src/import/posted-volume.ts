import type { LayoutFacts } from '../files/layout-facts.js';
import type { ByteSource } from '../model/byte-source.js';
import type { Lane, RequestOptions } from '../model/common.js';
import type { NzbFile } from '../model/nzb.js';

/** How the size of a posted file is found out. */
export interface ResolveOptions extends RequestOptions {
  /** Urgency. @default 'playback' */
  readonly lane?: Lane | undefined;
  /** The path it is known by, for errors. @default its name */
  readonly path?: string | undefined;
}

/** Looks whether a volume is what others let expect. Rejects when it is not, or when it cannot be told. */
export type Confirm = (options: RequestOptions & { readonly lane?: Lane | undefined }) => Promise<void>;

/** A posted file as whoever inspects a release sees it. */
export interface PostedVolume {
  /** Its place in the NZB, counted from 0: what recipes call it by. */
  readonly index: number;
  /** What the NZB says. */
  readonly nzbFile: NzbFile;
  /** Name its articles give it; empty until one was seen. */
  readonly nameInArticles: string;
  /** Size in bytes, once known or expected. */
  readonly size: number | undefined;
  /** What is known for certain of its layout; `undefined` while it is unknown or only expected. */
  readonly facts: LayoutFacts | undefined;
  /** Finds the exact size out, from one article as a rule. @throws LayoutUnknownError */
  resolve(options: ResolveOptions): Promise<void>;
  /** Has its last article come into the cache meanwhile, for who is about to look there. Failures are silent. */
  bringEnd(options: ResolveOptions): void;
  /** What others let expect of it, until it is looked at: nobody gets bytes of it before `confirm` has resolved. */
  expect(facts: LayoutFacts, confirm: Confirm): void;
  /** Its bytes. @throws LayoutUnknownError while its size is neither known nor expected */
  source(): ByteSource;
  /** What is known or expected of it is wrong. */
  contradict(): void;
}
