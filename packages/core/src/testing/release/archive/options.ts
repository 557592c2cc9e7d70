import { z } from 'zod';

/** Which volumes of an archive are posted. Numbers count from 1; negative ones from the end. */
export interface ReleaseVolumes {
  /** Left out: the set is not complete. The others are numbered and named as if it was. @default none */
  readonly drop?: readonly number[] | undefined;
  /** Posted a second time, under a meaningless name, behind the others. @default none */
  readonly duplicate?: readonly number[] | undefined;
}

/** What the payload is packed into before it is posted. */
export interface ReleaseArchive {
  /**
   * `rar5`, `rar4`: RAR as of 5.0 and before; members go on from volume to volume. `zip`: one archive, with ZIP64 records
   * where sizes ask for them; cut into `.zip.001`, … when it is larger than a volume. `7z`, `tar` (with extended headers
   * where names or sizes ask for them) and `iso` (ISO 9660 with Joliet names, a disc): cut alike. `split`: no archive,
   * every file is cut into `.001`, `.002`, …
   */
  readonly format: 'rar5' | 'rar4' | 'zip' | '7z' | 'tar' | 'iso' | 'split';
  /** Bytes of a volume, at the most. Required to split. @default everything in one volume */
  readonly volumeBytes?: number | undefined;
  /** What names of volumes begin with. @default the name of the release */
  readonly name?: string | undefined;
  /**
   * How volumes are named. For RAR: `part`: `.part01.rar`, …; `r00`: `.rar`, `.r00`, `.r01`, … (WinRAR itself names only
   * RAR 4 so; posters rename). For everything: `digits`: `.001`, …; `numeric`: `.1`, …; `random`: nothing but meaningless
   * words. @default 'part' for RAR, 'digits' for what is cut
   */
  readonly naming?: 'part' | 'r00' | 'digits' | 'numeric' | 'random' | undefined;
  /** Digits of the numbers in names of volumes, at the least. @default 2 for `part`, 3 for `digits`, 1 for `numeric` */
  readonly numberDigits?: number | undefined;
  /** Gives members meaningless names inside the archive; endings stay. @default their own names */
  readonly innerNames?: 'random' | undefined;
  /** Which volumes are posted. @default each of them once */
  readonly volumes?: ReleaseVolumes | undefined;
  /**
   * What the payload is packed into first: its volumes are then the members of this archive. A list goes from the innermost
   * outwards. To any depth. @default nothing
   */
  readonly inside?: ReleaseArchive | readonly ReleaseArchive[] | undefined;
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
  /**
   * How members are stored. `store`: as they are. `deflate`: ZIP only, held in memory, 256 MiB at the most. `pretend`:
   * headers of RAR, 7z and ZIP say that they are compressed, which they are not: for who refuses such. @default 'store'
   */
  readonly compression?: 'store' | 'deflate' | 'pretend' | undefined;
  /** Whether the header of a 7z is compressed, as 7-Zip does it. @default 'plain' */
  readonly header?: 'plain' | 'lzma' | undefined;
  /**
   * So many bytes of something else in front of RAR, 7z and ZIP, as of a program that unpacks them: then `.exe` takes the
   * place of `.rar`, `.7z` or `.zip` in the name of the first volume. @default 0
   */
  readonly prefixBytes?: number | undefined;
  /**
   * Adds what is allowed and rarely needed: comments, recovery and quick open records in RAR, encoded names in RAR 4, sizes
   * behind the bytes and extra fields in ZIP, padding in 7z, global headers in tar. @default false
   */
  readonly extras?: boolean | undefined;
}

/** Validates {@link ReleaseArchive} by itself; whether its options go together is for who packs it. */
export const archiveSchema = z.strictObject({
  format: z.enum(['rar5', 'rar4', 'zip', '7z', 'tar', 'iso', 'split']),
  volumeBytes: z.number().int().positive().optional(),
  name: z
    .string()
    .regex(/^(?!\.{0,2}$)[^\r\n\0\\/]+$/, 'must be a single name')
    .optional(),
  naming: z.enum(['part', 'r00', 'digits', 'numeric', 'random']).optional(),
  numberDigits: z.number().int().min(1).max(12).optional(),
  innerNames: z.enum(['random']).optional(),
  volumes: z
    .strictObject({ drop: z.array(z.number().int()).optional(), duplicate: z.array(z.number().int()).optional() })
    .optional(),
  get inside(): z.ZodOptional<z.ZodType<ReleaseArchive | readonly ReleaseArchive[]>> {
    return z.union([archiveSchema, z.array(archiveSchema)]).optional();
  },
  password: z.string().min(1).max(127).optional(),
  encrypt: z.enum(['data', 'headers']).optional(),
  keyRoundsLog2: z.number().int().min(0).max(24).optional(),
  compression: z.enum(['store', 'deflate', 'pretend']).optional(),
  header: z.enum(['plain', 'lzma']).optional(),
  prefixBytes: z
    .number()
    .int()
    .positive()
    .max(2 ** 20)
    .optional(),
  extras: z.boolean().optional(),
});

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Does not compile when the documented options and the schema drift apart. */
const inStep: Equal<keyof ReleaseArchive, keyof z.input<typeof archiveSchema>> = true;
void inStep;
