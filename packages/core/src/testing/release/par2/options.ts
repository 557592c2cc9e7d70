import { z } from 'zod';

/** PAR2 files that are posted along: true names and checksums of what was posted, and what repairs it. */
export interface ReleasePar2 {
  /** Slices to repair with, posted as `name.vol0+n.par2`: as many slices of the post can be made again. @default 0 */
  readonly recoverySlices?: number | undefined;
  /** Bytes of a slice, a multiple of 4. @default those of an article, or a 2000th of the post if that is more */
  readonly sliceBytes?: number | undefined;
  /**
   * What is known of a file. `all`: MD5 of the whole and checksums of its slices; everything is read when a PAR2 file is
   * first read, which takes up to ten seconds for a gigabyte, so 8 GiB may be posted. `first16k`: size and MD5 of the
   * first 16 KiB, enough to recognise and rename it; the other MD5 is zeros. For any size. @default 'all'
   */
  readonly hashes?: 'all' | 'first16k' | undefined;
}

/** Validates {@link ReleasePar2}. */
export const par2Schema = z
  .strictObject({
    recoverySlices: z.number().int().min(0).max(1000).default(0),
    sliceBytes: z.number().int().positive().multipleOf(4).optional(),
    hashes: z.enum(['all', 'first16k']).default('all'),
  })
  .refine(({ recoverySlices, hashes }) => recoverySlices === 0 || hashes === 'all', {
    path: ['recoverySlices'],
    message: "need hashes 'all'",
  });

/** Options of PAR2 with every default filled in. */
export type ResolvedPar2 = z.output<typeof par2Schema>;

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Does not compile when the documented options and the schema drift apart. */
const inStep: Equal<keyof ReleasePar2, keyof z.input<typeof par2Schema>> = true;
void inStep;
