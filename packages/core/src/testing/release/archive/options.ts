import { z } from 'zod';

/** What the payload is packed into before it is posted. Nothing is compressed. */
export interface ReleaseArchive {
  /**
   * `rar5`, `rar4`: RAR as of 5.0 and before; members go on from volume to volume. `zip`: one archive, with ZIP64 records
   * where sizes ask for them; cut into `.zip.001`, … when it is larger than a volume. `7z`: one archive of copied streams
   * behind a plain header, cut alike. `split`: no archive, every file is
   * cut into `.001`, `.002`, …
   */
  readonly format: 'rar5' | 'rar4' | 'zip' | '7z' | 'split';
  /** Bytes of a volume, at the most. Required to split. @default everything in one volume */
  readonly volumeBytes?: number | undefined;
  /**
   * How volumes of RAR are named: `.part01.rar`, … or `.rar`, `.r00`, `.r01`, … (WinRAR itself names only RAR 4 so; posters
   * rename). @default 'part'
   */
  readonly naming?: 'part' | 'r00' | undefined;
  /**
   * Encrypts RAR and 7z with a password; for RAR 4 of 28 characters at the most. Only where cipher chains stand is held in
   * memory, so the first read far inside a member takes seconds for every gigabyte in front of it. @default not encrypted
   */
  readonly password?: string | undefined;
  /** Encrypts what members hold, or their names as well: then nothing is to be seen without the password. @default 'data' */
  readonly encrypt?: 'data' | 'headers' | undefined;
  /**
   * Binary logarithm of the rounds that make a key of the password, 0 to 24, for RAR 5 and 7z. Every test pays for them.
   * @default 15 for RAR 5 and 19 for 7z, as the programs do
   */
  readonly keyRoundsLog2?: number | undefined;
}

/** Validates {@link ReleaseArchive} by itself; whether its options go together is for who packs it. */
export const archiveSchema = z.strictObject({
  format: z.enum(['rar5', 'rar4', 'zip', '7z', 'split']),
  volumeBytes: z.number().int().positive().optional(),
  naming: z.enum(['part', 'r00']).optional(),
  password: z.string().min(1).max(127).optional(),
  encrypt: z.enum(['data', 'headers']).optional(),
  keyRoundsLog2: z.number().int().min(0).max(24).optional(),
});

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Does not compile when the documented options and the schema drift apart. */
const inStep: Equal<keyof ReleaseArchive, keyof z.input<typeof archiveSchema>> = true;
void inStep;
