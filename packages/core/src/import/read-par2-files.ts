import { type Par2Set, readPar2 } from '../par2/read-par2.js';
import { beginningOf, type Inspection, type Piece } from './piece.js';

/** PAR2 files that are looked at: descriptions are in each of them. */
const mostFiles = 4;
/** Bytes that are read of each: descriptions stand first, or are all there is. */
const mostBytes = 4 * 1024 * 1024;

/** What PAR2 files say of other files. The smallest is the index and says it all, as a rule. */
export async function readPar2Files(pieces: readonly Piece[], inspection: Inspection): Promise<readonly Par2Set[]> {
  const bySize = [...pieces].sort((a, b) => encodedBytes(a) - encodedBytes(b));
  const read: Uint8Array[] = [];
  let sets: readonly Par2Set[] = [];
  for (const piece of bySize.slice(0, mostFiles)) {
    const bytes = await beginningOf(piece, mostBytes, inspection);
    if (bytes === undefined) continue;
    read.push(bytes);
    sets = readPar2(read);
    if (sets.length > 0 && sets.every(({ files, fileCount }) => fileCount !== undefined && files.length >= fileCount))
      break;
  }
  return sets;
}

const encodedBytes = ({ posted }: Piece) => posted?.nzbFile.encodedBytes ?? 0;
