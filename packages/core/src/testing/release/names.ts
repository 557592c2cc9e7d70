import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';

/**
 * How much of a post tells what it is. `subjects`: the subject lines say nothing, the yEnc lines name the file. `names`:
 * files are posted under meaningless names, each under its own, in subjects and yEnc lines alike. `all`: both say
 * something else that means nothing, and the poster of every file is another.
 */
export type ReleaseObfuscation = 'subjects' | 'names' | 'all';

/** How a file shows on the servers. */
export interface PostedNames {
  /** Subject line without its counter. */
  readonly subject: string;
  /** Name on the yEnc lines. */
  readonly yencName: string;
  /** Who posted it. */
  readonly poster: string;
}

/** A meaningless word of hexadecimal digits, the same for the same texts. */
export function token(digits: number, ...texts: readonly (string | number)[]): string {
  return createHash('sha256').update(texts.join('\0')).digest('hex').slice(0, digits);
}

/** Bytes that mean nothing, 32 at the most, the same for the same texts: salts and the like. */
export const tokenBytes = (bytes: number, ...texts: readonly (string | number)[]): Uint8Array =>
  Buffer.from(token(bytes * 2, ...texts), 'hex');

/** What the post of a file says. @param place its place among the files, as `[2/7]` */
export function postedNames(
  file: { readonly name: string; readonly poster: string; readonly place: string; readonly seed: string },
  obfuscate: ReleaseObfuscation | undefined,
): PostedNames {
  const { name, poster, place, seed } = file;
  const hidden = (what: string, digits = 32) => token(digits, seed, what);
  switch (obfuscate) {
    case 'subjects':
      return { subject: hidden('subject'), yencName: name, poster };
    case 'names':
      return { subject: `${place} - "${hidden('name')}" yEnc`, yencName: hidden('name'), poster };
    case 'all':
      return {
        subject: hidden('subject'),
        yencName: hidden('name'),
        poster: `${hidden('poster', 8)}@newsreel.invalid`,
      };
    default:
      return { subject: `${place} - "${name}" yEnc`, yencName: name, poster };
  }
}
