import { volumeName } from '../../archive/volume-names.js';
import { extensionIn, isKnownExtension } from '../classify.js';

/** A name without what tells programs what it is, and that. */
export interface NameEnding {
  readonly stem: string;
  /** With its dots: `.mkv`, `.part01.rar`, `.7z.001`, `.vol003+04.par2`; empty when there is none. */
  readonly ending: string;
}

/** What is left of a counted name: `.mkv.001` is one ending. */
const innerExtension = /\.[a-z][a-z0-9]{1,4}$/i;
const par2Ending = /(?:\.vol\d{1,6}[+-]\d{1,6})?\.par2$/i;

/** Parts a name into what it says and how it ends. `Movie.2020` and `v1.5` have no ending. */
export function splitEnding(name: string): NameEnding {
  const cutAt = (length: number) => ({ stem: name.slice(0, length), ending: name.slice(length) });
  const par2 = par2Ending.exec(name);
  if (par2 !== null) return cutAt(par2.index);
  const volume = volumeName(name);
  if (volume !== undefined) {
    const isPiece = volume.kind === 'split' && innerExtension.test(volume.base);
    return cutAt(isPiece ? volume.base.search(innerExtension) : volume.base.length);
  }
  const extension = extensionIn(name);
  if (extension === undefined) return cutAt(name.length);
  const isExtension = isKnownExtension(extension) || /^[a-z][a-z0-9]{1,3}$/i.test(extension);
  return cutAt(isExtension ? name.length - extension.length - 1 : name.length);
}
