import { NzbInvalidError } from '../errors/index.js';
import type { Nzb, NzbFile } from '../model/nzb.js';
import { isMessageId } from '../util/message-id.js';
import { readSubject } from './file-name.js';
import { SegmentList } from './segment-list.js';

const maxWarnings = 100;
const maxSegments = 5_000_000;
const maxFiles = 1_000_000;
const maxGroups = 1000;
const maxMeta = 1000;
/** Texts and lists of groups of which one copy is kept for all. */
const maxShared = 1000;
/** No server takes articles near this size; a larger claim is garbage. */
const maxArticleBytes = 2 ** 30;

/** Characters that XML forbids: they are kept, and told. */
const forbidden = /[^\P{Cc}\t\n\r\x7f-\x9f]|[\ufffe\uffff]/u;

/** Attributes of an element by lower-case local name. */
export interface Attributes {
  /** The value; `undefined` when it is not there. */
  get(name: string): string | undefined;
}

/** Collects what the scanner finds and puts it right: order, duplicates, gaps, unusable ids. */
export class NzbBuilder {
  readonly #meta = new Map<string, string[]>();
  readonly #files: NzbFile[] = [];
  readonly #notes: string[] = [];
  readonly #warnings: string[] = [];
  readonly #shared = new Map<string, string>();
  readonly #sharedGroups = new Map<string, readonly string[]>();
  readonly #line: () => number;
  #segmentTotal = 0;
  #metaTotal = 0;
  #subject = '';
  #poster = '';
  #postedMs = 0;
  #unknownSizes = 0;
  readonly #groups = new Set<string>();
  #segments = new SegmentList();

  /** @param line where the scanner is, for messages */
  constructor(line: () => number) {
    this.#line = line;
  }

  /** Notes something odd that was tolerated. */
  warn(message: string): void {
    if (this.#warnings.length < maxWarnings) this.#warnings.push(`line ${this.#line()}: ${message}`);
  }

  /** Notes something odd about the whole. */
  note(message: string): void {
    this.#notes.push(message);
  }

  /** Takes a `<meta>`. */
  addMeta(kind: string, value: string): void {
    const type = kind.trim().toLowerCase();
    this.#check(value);
    if (type === '' || value === '' || ++this.#metaTotal > maxMeta) {
      this.warn(this.#metaTotal > maxMeta ? 'too many meta elements, ignored' : 'meta without type or value');
      return;
    }
    const values = this.#meta.get(type);
    if (values) values.push(detached(value));
    else this.#meta.set(detached(type), [detached(value)]);
  }

  /** Takes the start of a `<file>`. */
  openFile(attributes: Attributes): void {
    if (this.#files.length >= maxFiles) this.#refuse(`more than ${maxFiles} files`);
    this.#subject = detached(this.#check(attributes.get('subject') ?? ''));
    this.#poster = this.#share(this.#check(attributes.get('poster') ?? ''));
    const seconds = Number(attributes.get('date') ?? 0);
    this.#postedMs = seconds > 0 && seconds < 1e11 ? Math.round(seconds * 1000) : 0;
    this.#unknownSizes = 0;
    this.#groups.clear();
    this.#segments = new SegmentList();
  }

  /** Takes a `<group>`. */
  addGroup(name: string): void {
    if (name === '') this.warn('empty group');
    else if (this.#groups.size < maxGroups) this.#groups.add(this.#share(name));
  }

  /** Takes a `<segment>`. */
  addSegment(number: string | undefined, bytes: string | undefined, text: string): void {
    if (++this.#segmentTotal > maxSegments) this.#refuse(`more than ${maxSegments} segments`);
    const place = wholeNumber(number, maxSegments);
    const id = bareId(text);
    if (place < 1) this.warn('segment without a usable number dropped');
    else if (!isMessageId(id)) this.warn(`segment ${place} dropped: its message-id is not well-formed`);
    else {
      const size = wholeNumber(bytes, maxArticleBytes);
      if (size === 0) this.#unknownSizes++;
      this.#segments.add({ number: place, bytes: size, id: detachedId(id) });
    }
  }

  /** Takes the end of a `<file>`. */
  closeFile(): void {
    const { segments, encodedBytes, duplicates } = this.#segments.inOrder();
    this.#segments = new SegmentList();
    const facts = readSubject(this.#subject);
    const highest = segments.at(-1)?.number ?? 0;
    const segmentCount = Math.max(highest, facts.segmentCount);
    if (duplicates > 0) this.warn(`${duplicates} duplicate segment numbers, the first of each kept`);
    if (segments.length < segmentCount)
      this.warn(`${segmentCount - segments.length} of ${segmentCount} segments are not listed`);
    if (this.#unknownSizes > 0) this.warn(`${this.#unknownSizes} segments without a usable size`);
    const groups = this.#shareGroups();
    if (groups.length === 0) this.warn('file without groups');
    this.#files.push({
      subject: this.#subject,
      poster: this.#poster,
      postedMs: this.#postedMs,
      groups,
      nameHint: detached(facts.nameHint),
      segments,
      segmentCount,
      encodedBytes,
    });
  }

  /** Everything collected. @throws NzbInvalidError when there is no file */
  finish(): Nzb {
    if (this.#files.length === 0) throw new NzbInvalidError({ message: 'The NZB lists no file' });
    const meta: Record<string, readonly string[]> = Object.create(null) as Record<string, readonly string[]>;
    for (const [type, values] of this.#meta) meta[type] = values;
    return { meta, files: this.#files, warnings: [...this.#notes, ...this.#warnings].slice(0, maxWarnings) };
  }

  #check(text: string): string {
    if (forbidden.test(text)) this.warn('disallowed character');
    return text;
  }

  /** One copy of a text that many files repeat. */
  #share(text: string): string {
    const known = this.#shared.get(text);
    if (known !== undefined) return known;
    const copy = detached(text);
    if (this.#shared.size < maxShared) this.#shared.set(copy, copy);
    return copy;
  }

  /** One list for all files that were posted to the same groups. */
  #shareGroups(): readonly string[] {
    const key = [...this.#groups].join('\n');
    const known = this.#sharedGroups.get(key);
    if (known !== undefined) return known;
    const groups = Object.freeze([...this.#groups]);
    if (this.#sharedGroups.size < maxShared) this.#sharedGroups.set(key, groups);
    return groups;
  }

  #refuse(what: string): never {
    throw new NzbInvalidError({ message: `The NZB is absurdly large: ${what}`, line: this.#line() });
  }
}

function wholeNumber(text: string | undefined, max: number): number {
  if (text === undefined) return 0;
  const digits = ofDigits(text);
  if (digits >= 0) return digits <= max ? digits : 0;
  if (!/^\s*\+?\d{1,10}\s*$/.test(text)) return 0;
  const value = Number(text);
  return value <= max ? value : 0;
}

/** The number that a few digits make, -1 for anything else: the short way for what nearly all are. */
function ofDigits(text: string): number {
  if (text.length === 0 || text.length > 10) return -1;
  let value = 0;
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

function bareId(text: string): string {
  const id = text.trim();
  return id.startsWith('<') && id.endsWith('>') ? id.slice(1, -1).trim() : id;
}

/**
 * A copy that stands alone. What a parser hands out is usually a view into a much larger piece of the document, which
 * would stay in memory as long as the view.
 */
function detached(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}

const scratch = Buffer.alloc(256);

/** As {@link detached} for a well-formed message-id, which is ASCII and short: one byte per character. */
function detachedId(id: string): string {
  return scratch.toString('latin1', 0, scratch.write(id, 'latin1'));
}
