import type { Nzb } from '../model/nzb.js';

const maxPasswords = 32;
const maxPasswordBytes = 1024;
/** Nothing is looked for in what is longer than this many characters. */
const maxNameLength = 4096;
/** `password=secret`, as a word of its own. */
const assignment = /(?<![\p{L}\p{N}])password=/iu;
/** What may follow a password because it belongs to the file: `.nzb`, `.mkv`, `.part01.rar`. */
const ending = /(?:\.part\d{1,5}|\.vol\d{1,5}\+\d{1,5})?\.[a-z][a-z0-9]{1,4}$/i;
const closing: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}', '"': '"' };
/** Meta entries of an NZB that hold its name. */
const nameTypes = ['title', 'name'];

/** Where passwords may be. */
export interface PasswordPlaces {
  /** What the user gave: taken as it is, and first. */
  readonly given?: string | readonly string[] | undefined;
  /** The NZB: its `<meta type="password">`, its title and the names of its files. */
  readonly nzb?: Pick<Nzb, 'meta' | 'files'> | undefined;
  /** Name of the release or of its NZB file, as it was given. */
  readonly releaseName?: string | undefined;
}

/** A name and what passwords stood in it. */
export interface NameParts {
  /** The name without them; as it was when nothing else is left. */
  readonly name: string;
  readonly passwords: readonly string[];
}

/**
 * The passwords to try, best first: given ones, those of the NZB's head, then `{{secret}}` and `password=secret` in the
 * names of the release and of its files. Each once, at most 32 of at most 1 KiB.
 */
export function findPasswords({ given = [], nzb, releaseName = '' }: PasswordPlaces): string[] {
  const found = new Set<string>();
  const add = (password: string) => {
    if (found.size < maxPasswords && password !== '' && Buffer.byteLength(password) <= maxPasswordBytes)
      found.add(password);
  };
  for (const password of typeof given === 'string' ? [given] : given) add(password);
  for (const password of nzb?.meta['password'] ?? []) add(password.trim());
  const titles = nameTypes.flatMap((type) => nzb?.meta[type] ?? []);
  for (const name of [releaseName, ...titles]) splitName(name).passwords.forEach(add);
  for (const { nameHint, subject } of nzb?.files ?? []) {
    // A name that was made safe may have lost some of a password's characters.
    if (subject.length <= maxNameLength) splitBraces(subject).passwords.forEach(add);
    splitName(nameHint).passwords.forEach(add);
  }
  return [...found];
}

/** Parts a name from the passwords in it. */
export function splitName(name: string): NameParts {
  if (name.length > maxNameLength) return { name, passwords: [] };
  const braced = splitBraces(name);
  const assigned = splitAssignment(braced.name);
  const rest = assigned.name.trim();
  return { name: rest === '' ? name : rest, passwords: [...braced.passwords, ...assigned.passwords] };
}

/** `Name{{secret}}.nzb`. Braces that are never closed hold the rest of the name. */
function splitBraces(name: string): NameParts {
  const passwords: string[] = [];
  let rest = '';
  let at = 0;
  for (let open = name.indexOf('{{'); open !== -1; open = name.indexOf('{{', at)) {
    rest = joined(rest, name.slice(at, open));
    let close = name.indexOf('}}', open + 2);
    if (close === -1) close = open + 2 + withoutEnding(name.slice(open + 2)).length;
    // A password may end in a brace itself.
    while (name[close + 2] === '}') close++;
    passwords.push(name.slice(open + 2, close).trim());
    at = name.startsWith('}}', close) ? close + 2 : close;
  }
  if (passwords.length === 0) return { name, passwords };
  return { name: joined(rest, name.slice(at)), passwords: passwords.filter((password) => password !== '') };
}

/** `Name password=secret`, to the end of the name, of the brackets it stands in, or of the first word: who can tell. */
function splitAssignment(name: string): NameParts {
  const found = assignment.exec(name);
  if (found === null) return { name, passwords: [] };
  const before = name.slice(0, found.index);
  const after = name.slice(found.index + found[0].length);
  const bracket = closing[before.at(-1) ?? ''];
  const end = bracket === undefined ? -1 : after.indexOf(bracket);
  if (end !== -1) {
    const rest = joined(before.slice(0, -1), after.slice(end + 1));
    return { name: rest, passwords: nonEmpty([after.slice(0, end)]) };
  }
  const bare = withoutEnding(after);
  const guesses = [bare, after, bare.trim().split(/\s/, 1)[0] ?? ''];
  return { name: joined(before, after.slice(bare.length)), passwords: nonEmpty(guesses) };
}

const nonEmpty = (texts: readonly string[]) => [...new Set(texts.map((text) => text.trim()))].filter(Boolean);
const withoutEnding = (text: string) => text.replace(ending, '');

/** What was before and what comes after a password, without what only led to it. */
function joined(before: string, after: string): string {
  return trimmedEnd(before) + after;
}

function trimmedEnd(text: string): string {
  let end = text.length;
  while (end > 0 && ' ._-'.includes(text[end - 1] as string)) end--;
  return text.slice(0, end);
}
