import { countPairs } from './letter-pairs.js';
import { splitEnding } from './name-ending.js';

/** Nothing is looked at beyond this many characters. */
const maxLength = 512;
/** Whole names that mean nothing: hashes, ids, what programs call files that have no name. */
const meaningless = [
  /^[0-9a-f]{16,}$/i,
  /^[0-9a-f.]{40,}$/i,
  /^\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?$/i,
  /^\.[a-z0-9]{1,5}$/i,
  /^(?:abc\.xyz|archive|data|default|download|file|no[-_. ]?name|output|temp|tmp|unknown|untitled|video)[-_. ]?\d*$/i,
];
/** Dates in digits: `20240131`, `240131`. */
const date = /^(?:19|20)?\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$/;
/** What people who post films, series and music put into names. */
const mark =
  /^(?:(?:19|20)\d\d|s\d{1,3}(?:e\d{1,4})*|e\d{1,4}|ep\d{1,4}|\d{1,2}x\d{1,3}|\d{3,4}[pi]|[xh]26[45]|av1|hevc|avc|xvid|divx|\d{1,2}bit|uhd|hdr(?:10)?|hd|sd|4k|8k|3d|web|webrip|webdl|dl|bluray|blu|bdrip|brrip|bdmv|remux|dvdrip|dvd\d?|dvdr|hdtv|pdtv|ntsc|pal|ddp?\d?|dts|truehd|atmos|e?ac3|aac\d?|flac|mp3|\d{3}kbps|opus|proper|repack|internal|limited|extended|unrated|multi|dubbed|subbed|german|french|english|japanese|cd\d{1,2}|disc\d{1,2}|vol\d{1,3}|v\d{1,2})$/;
/** What a mark weighs beside words, in characters. */
const markWeight = 6;
/** Check values that anime is posted with, in brackets: `[F02B9CEE]`. */
const checkTag = /[[(][0-9a-f]{8}[\])]/gi;

/**
 * Whether a name says nothing of what it names, as far as can be told: hashes, random letters and digits, bare numbers.
 * Words in any script, or what scenes write beside them, say otherwise. Extensions and volume numbers are not looked at.
 */
export function looksObfuscated(name: string): boolean {
  const { stem } = splitEnding(name.slice(0, maxLength));
  const trimmed = stem.trim();
  if (trimmed === '' || meaningless.some((pattern) => pattern.test(trimmed))) return true;
  const bare = trimmed.normalize('NFD').replace(/\p{M}/gu, '');
  // Whoever makes names up at random does so in ASCII.
  if (/[^\p{ASCII}]/u.test(bare.replace(/[^\p{L}]/gu, ''))) return false;
  const tags = bare.match(checkTag)?.length ?? 0;
  const words = bare
    .replace(checkTag, ' ')
    .split(/[^a-z0-9]+/i)
    .filter(Boolean);
  const { random, sense } = weigh(words, tags * markWeight);
  if (random !== sense) return random > sense;
  return words.every((word) => /^\d+$/.test(word)) && words.some((word) => word.length >= 5 && !date.test(word));
}

/** Characters that look random, and those that make sense; short words count for neither. */
function weigh(words: readonly string[], tagWeight: number): { random: number; sense: number } {
  let random = 0;
  let sense = tagWeight;
  let letters = 0;
  let pairs = 0;
  let usualPairs = 0;
  for (const word of words) {
    if (mark.test(word.toLowerCase())) {
      sense += markWeight;
    } else if (isJumbled(word)) {
      random += word.length;
    } else {
      for (const run of word.toLowerCase().match(/[a-z]{3,}/g) ?? []) {
        const counted = countPairs(run);
        letters += run.length;
        pairs += counted.pairs;
        usualPairs += counted.usualPairs;
      }
    }
  }
  if (pairs >= 5) {
    if (usualPairs < leastUsual(pairs)) random += letters;
    else sense += letters;
  }
  return { random, sense };
}

/** Of few pairs, words may have one or two odd ones. */
function leastUsual(pairs: number): number {
  return pairs < 7 ? 0.5 * pairs : 0.6 * pairs;
}

/** Letters and digits that take turns, or capitals, small letters and digits within a few characters. */
function isJumbled(word: string): boolean {
  if (!/\d/.test(word)) return false;
  const runs = word.match(/[a-z]+|\d+/gi)?.length ?? 0;
  if (word.length >= 6 && runs - 1 >= Math.max(3, word.length / 4)) return true;
  const pieces = word.match(/[A-Z]?[a-z]+|[A-Z]+|\d+/g)?.length ?? 0;
  return word.length >= 3 && /[a-z]/.test(word) && /[A-Z]/.test(word) && word.length / pieces < 2;
}
