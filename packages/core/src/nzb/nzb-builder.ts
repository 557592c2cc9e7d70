import { NzbInvalidError } from '../errors/index.js';
import type { Nzb, NzbFile, NzbSegment } from '../model/nzb.js';
import { isMessageId } from '../util/message-id.js';
import { readSubject } from './file-name.js';

const maxWarnings = 100;
const maxSegments = 5_000_000;
const maxFiles = 1_000_000;
const maxGroups = 1000;
const maxMeta = 1000;
/** No server takes articles near this size; a larger claim is garbage. */
const maxArticleBytes = 2 ** 30;

/** Attributes of an element by lower-case local name. */
export type Attributes = Readonly<Record<string, string | undefined>>;

/** Collects what the scanner finds and puts it right: order, duplicates, gaps, unusable ids. */
export class NzbBuilder {
  readonly #meta = new Map<string, string[]>();
  readonly #files: NzbFile[] = [];
  readonly #warnings: string[] = [];
  readonly #shared = new Map<string, string>();
  readonly #line: () => number;
  #segmentTotal = 0;
  #metaTotal = 0;
  #subject = '';
  #poster = '';
  #postedMs = 0;
  #groups: string[] = [];
  #segments: NzbSegment[] = [];

  /** @param line where the scanner is, for messages */
  constructor(line: () => number) {
    this.#line = line;
  }

  /** Notes something odd that was tolerated. */
  warn(message: string): void {
    if (this.#warnings.length < maxWarnings) this.#warnings.push(`line ${this.#line()}: ${message}`);
  }

  /** Takes a `<meta>`. */
  addMeta(type: string, value: string): void {
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
    this.#subject = detached(attributes['subject'] ?? '');
    this.#poster = this.#share(attributes['poster'] ?? '');
    const seconds = Number(attributes['date'] ?? 0);
    this.#postedMs = seconds > 0 && seconds < 1e11 ? Math.round(seconds * 1000) : 0;
    this.#groups = [];
    this.#segments = [];
  }

  /** Takes a `<group>`. */
  addGroup(name: string): void {
    if (name === '') this.warn('empty group');
    else if (this.#groups.length < maxGroups && !this.#groups.includes(name)) this.#groups.push(this.#share(name));
  }

  /** Takes a `<segment>`. */
  addSegment(attributes: Attributes, text: string): void {
    if (++this.#segmentTotal > maxSegments) this.#refuse(`more than ${maxSegments} segments`);
    const number = wholeNumber(attributes['number'], maxSegments);
    const id = bareId(text);
    const bytes = wholeNumber(attributes['bytes'], maxArticleBytes);
    if (number < 1) this.warn('segment without a usable number dropped');
    else if (!isMessageId(id)) this.warn(`segment ${number} dropped: its message-id is not well-formed`);
    else this.#segments.push({ number, bytes, id: detachedAscii(id) });
  }

  /** Takes the end of a `<file>`. */
  closeFile(): void {
    const segments = this.#inOrder();
    const facts = readSubject(this.#subject);
    const highest = segments.at(-1)?.number ?? 0;
    const segmentCount = Math.max(highest, facts.segmentCount);
    if (segments.length < segmentCount)
      this.warn(`${segmentCount - segments.length} of ${segmentCount} segments are not listed`);
    if (this.#groups.length === 0) this.warn('file without groups');
    this.#files.push({
      subject: this.#subject,
      poster: this.#poster,
      postedMs: this.#postedMs,
      groups: this.#groups,
      nameHint: facts.nameHint,
      segments,
      segmentCount,
      encodedBytes: segments.reduce((sum, segment) => sum + segment.bytes, 0),
    });
  }

  /** Everything collected. @throws NzbInvalidError when there is no file */
  finish(): Nzb {
    if (this.#files.length === 0) throw new NzbInvalidError({ message: 'The NZB lists no file' });
    const meta: Record<string, readonly string[]> = Object.create(null) as Record<string, readonly string[]>;
    for (const [type, values] of this.#meta) meta[type] = values;
    return { meta, files: this.#files, warnings: this.#warnings };
  }

  #inOrder(): readonly NzbSegment[] {
    const listed = this.#segments;
    this.#segments = [];
    const ascending = listed.every((segment, at) => at === 0 || segment.number > (listed[at - 1] as NzbSegment).number);
    if (ascending) return listed;
    listed.sort((a, b) => a.number - b.number);
    const kept = listed.filter((segment, at) => at === 0 || segment.number !== (listed[at - 1] as NzbSegment).number);
    if (kept.length < listed.length)
      this.warn(`${listed.length - kept.length} duplicate segment numbers, the first of each kept`);
    return kept;
  }

  /** One copy of a text that many files repeat. */
  #share(text: string): string {
    const known = this.#shared.get(text);
    if (known !== undefined) return known;
    const copy = detached(text);
    if (this.#shared.size < 1000) this.#shared.set(copy, copy);
    return copy;
  }

  #refuse(what: string): never {
    throw new NzbInvalidError({ message: `The NZB is absurdly large: ${what}`, line: this.#line() });
  }
}

function wholeNumber(text: string | undefined, max: number): number {
  if (text === undefined || !/^\s*\+?\d{1,10}\s*$/.test(text)) return 0;
  const value = Number(text);
  return value <= max ? value : 0;
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

function detachedAscii(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
