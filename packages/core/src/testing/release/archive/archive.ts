import type { Content } from '../content.js';

/** A named content: a file of the payload, or a volume made of such. */
export interface NamedContent {
  /** Name, or path inside an archive. */
  readonly name: string;
  readonly content: Content;
  /** Whether it is a folder, which has a name and no bytes. */
  readonly isFolder?: boolean | undefined;
}

/** CRC-32 of all of a content. */
export const wholeCrc32 = (content: Content): number => content.crc32({ start: 0, end: content.size });
