import { windowOf } from '../content.js';
import type { NamedContent } from './archive.js';
import { countedNames } from './volume-names.js';

/** Cuts a file into pieces `name.001`, `name.002`, …: what joins them (`cat`, HJSplit, 7-Zip) has the file again. */
export function splitFile({ name, content }: NamedContent, volumeBytes: number): NamedContent[] {
  const count = Math.max(1, Math.ceil(content.size / volumeBytes));
  return countedNames(name, count).map((volume, at) => {
    const start = at * volumeBytes;
    return { name: volume, content: windowOf(content, { start, end: Math.min(content.size, start + volumeBytes) }) };
  });
}
