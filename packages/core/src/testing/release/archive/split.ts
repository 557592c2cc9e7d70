import { windowOf } from '../content.js';
import type { NamedContent } from './archive.js';

/** Cuts a file into pieces: what joins them (`cat`, HJSplit, 7-Zip) has the file again. @param namesOf names for so many */
export function splitFile(
  { content }: NamedContent,
  volumeBytes: number,
  namesOf: (count: number) => readonly string[],
): NamedContent[] {
  const count = Math.max(1, Math.ceil(content.size / volumeBytes));
  return namesOf(count).map((name, at) => {
    const start = at * volumeBytes;
    return { name, content: windowOf(content, { start, end: Math.min(content.size, start + volumeBytes) }) };
  });
}
