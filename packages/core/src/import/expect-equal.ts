import { FileChangedError, hasCode } from '../errors/index.js';
import { fitsFile } from '../files/layout-facts.js';
import type { Inspection, Piece } from './piece.js';
import type { Confirm, PostedVolume } from './posted-volume.js';

/** How far the encoded sizes of equal volumes may differ: what yEnc escapes depends on the bytes. */
const encodedTolerance = 0.01;

/** Volumes that are concluded to be as large as another one. */
export interface EqualVolumes {
  /** The one that was looked at. */
  readonly like: Piece;
  /** Those that were not. */
  readonly pieces: readonly Piece[];
  readonly inspection: Inspection;
  /**
   * Looks whether a volume whose size has turned out right is as concluded in the rest.
   * @param at which of `pieces`
   */
  readonly check?: ((at: number, options: Parameters<Confirm>[0]) => Promise<boolean>) | undefined;
}

/**
 * Takes posted files for as large as another one that was looked at, when nothing speaks against it: the NZB gives all of
 * them as many articles of the same sizes. Whoever reads one has it looked at first.
 * @returns whether that could be done
 */
export function expectEqual({ like, pieces, inspection, check }: EqualVolumes): boolean {
  const facts = like.posted?.facts;
  if (inspection.mayConclude === false || like.posted === undefined || facts?.partBytes === undefined) return false;
  const model = like.posted;
  const others = pieces.map(({ posted }) => posted).filter((posted) => posted !== undefined);
  const areAlike = others.every((posted) => fitsFile(facts, posted.nzbFile) && isAlike(posted, model));
  if (!areAlike || others.length !== pieces.length) return false;
  for (const [at, posted] of others.entries()) {
    if (posted.facts !== undefined) continue;
    posted.expect(facts, async ({ signal, lane = 'playback' }) => {
      await posted.resolve({ signal, lane }).catch(sayWhatIsMissing);
      const isRight = posted.size === facts.size && (await check?.(at, { signal, lane })) !== false;
      if (isRight) return;
      inspection.contradicted([posted.index]);
      throw new FileChangedError({ path: posted.nzbFile.nameHint || posted.nzbFile.subject });
    });
  }
  return true;
}

function isAlike({ nzbFile }: PostedVolume, { nzbFile: model }: PostedVolume): boolean {
  const isComplete = nzbFile.segments.length === nzbFile.segmentCount;
  const difference = Math.abs(nzbFile.encodedBytes - model.encodedBytes);
  return (
    isComplete && nzbFile.segmentCount === model.segmentCount && difference <= encodedTolerance * model.encodedBytes
  );
}

/** Where bytes lie is known, so articles that are gone are all that stands in the way: no later try would help. */
function sayWhatIsMissing(error: unknown): never {
  const cause = hasCode(error, 'ERR_LAYOUT_UNKNOWN') ? error.cause : error;
  throw hasCode(cause, 'ERR_ARTICLE_MISSING') || hasCode(cause, 'ERR_ARTICLE_CORRUPT') ? cause : error;
}
