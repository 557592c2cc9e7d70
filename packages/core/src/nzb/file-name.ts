import { safeName } from './safe-name.js';

/** What a subject line says about the file that was posted. */
export interface SubjectFacts {
  /** File name, safe as a single path part; empty when there is none. */
  readonly nameHint: string;
  /** How many articles the file has, from the trailing `(1/99)`; 0 when the subject does not say. */
  readonly segmentCount: number;
}

/** Longer subjects are nonsense; nothing is looked for beyond this many characters. */
const maxSubjectLength = 4096;
/** A subject with more things that could be a name is made to keep its reader busy. */
const maxCandidates = 50;
const maxSegmentCount = 5_000_000;
const entities: Readonly<Record<string, string>> = {
  quot: '"',
  amp: '&',
  lt: '<',
  gt: '>',
  apos: "'",
  '#34': '"',
  '#38': '&',
  '#39': "'",
  '#039': "'",
  '#x27': "'",
  '#x22': '"',
};

/** Reads the file name and the number of articles out of a subject line. Posters follow habits, not a standard. */
export function readSubject(subject: string): SubjectFacts {
  const text = unescapeHtml(subject.slice(0, maxSubjectLength));
  return { nameHint: findName(text), segmentCount: findCount(text) };
}

/** Some indexers escape twice, so that `&quot;` is still there after the XML was parsed. */
function unescapeHtml(text: string): string {
  return text.replace(/&(\w{2,4}|#x?\w{2,3});/g, (whole, name: string) => entities[name.toLowerCase()] ?? whole);
}

/**
 * The last counter in round brackets, when it counts articles: after `yEnc` it always does; elsewhere only when it is
 * the first article's, because `(12/50)` alone may as well count the files of the post.
 */
function findCount(text: string): number {
  const counters = [...text.matchAll(/(yenc[ \d]{0,24})?\((\d{1,7})\/(\d{1,7})\)/gi)];
  const last = counters.at(-1);
  if (last === undefined) return 0;
  const [number, count] = [Number(last[2]), Number(last[3])];
  const countsArticles = last[1] !== undefined || number === 1;
  return countsArticles && number <= count && count <= maxSegmentCount ? count : 0;
}

function findName(text: string): string {
  for (const candidates of [quoted(text), bracketed(text), bare(text)]) {
    const names = candidates
      .slice(0, maxCandidates)
      .map(safeName)
      .filter((name) => name !== '');
    const best = names.find(looksLikeFile) ?? names[0];
    if (best !== undefined) return best;
  }
  return '';
}

const looksLikeFile = (name: string) => /[^.]\.[a-z0-9][a-z0-9-]{0,9}$/i.test(name);

/** `"name.ext"`, the habit of almost everybody. */
function quoted(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"/g)].map((match) => match[1] ?? '');
}

/** `[PRiVATE]-[group]-[name.ext]-[1/8]` or `[PRiVATE]-[group]-[12/name.ext]`: the last bracket that holds a file name. */
function bracketed(text: string): string[] {
  return [...text.matchAll(/\[([^[\]]*)\]/g)]
    .map((match) => (match[1] ?? '').trim())
    .filter((content) => !/^\d+ *\/ *\d+$/.test(content) && looksLikeFile(content) && !content.startsWith('#'))
    .reverse();
}

/** `[3/9] - name.ext yEnc (1/5)` and what remains of it without some of its parts. */
function bare(text: string): string[] {
  const words = text
    .replace(/\(\d+\/\d+\)/g, ' ')
    .replace(/\[[^[\]]*\]/g, ' ')
    .replace(/\byenc\b[ \d]*/gi, ' ')
    .trim();
  const pieces = words.split(/ - |::|"/).map((piece) => piece.replace(/^[ \-:|]+/, '').trim());
  const whole = pieces.filter(looksLikeFile).reverse();
  // "some words about it name.ext": a piece with many spaces is prose that ends in a file name.
  return whole.map((piece) => (piece.split(' ').length > 6 ? (piece.split(' ').at(-1) ?? piece) : piece));
}
