import { LenientUtf8 } from '../nzb/lenient-utf8.js';
import { safeName } from '../nzb/safe-name.js';
import { type Packet, packetsIn } from './packets.js';

/** The specification allows 32,768 files that can be repaired; others may be listed beside them. */
const maxFiles = 65_536;
const maxSets = 64;
const maxNameBytes = 4096;

/** A file as PAR2 describes it. Hashes and ids are in hexadecimal digits, lower case. */
export interface Par2File {
  readonly fileId: string;
  /** Its name, safe as a single path part; empty when nothing usable is left. */
  readonly name: string;
  /** Exact size in bytes. */
  readonly size: number;
  readonly md5: string;
  /** Of its first 16 KiB; of all of it when it is shorter. */
  readonly md5of16k: string;
}

/** The files that were protected together. */
export interface Par2Set {
  /** In hexadecimal digits, lower case. */
  readonly setId: string;
  /** Size of the slices that are repaired, in bytes. Absent when no main packet was found. */
  readonly sliceBytes: number | undefined;
  /** How many files it has: when `files` has as many, no more need be read. Absent when no main packet was found. */
  readonly fileCount: number | undefined;
  /** Each once, as they were found first. */
  readonly files: readonly Par2File[];
}

/**
 * What PAR2 files say about the files they protect (PAR 2.0 specification), from as many of their bytes as there are: the
 * small index says it all, and every volume repeats it between its recovery slices. Damaged packets are passed over.
 * @param pieces whole files or parts of them, in any order
 */
export function readPar2(pieces: readonly Uint8Array[]): Par2Set[] {
  const sets = new Map<string, OpenSet>();
  for (const piece of pieces) {
    for (const packet of packetsIn(piece)) {
      const set = sets.get(packet.setId) ?? new OpenSet(packet.setId);
      if (sets.size < maxSets) sets.set(packet.setId, set);
      set.add(packet);
    }
  }
  return [...sets.values()].map((set) => set.facts());
}

/** A set whose packets are being found. */
class OpenSet {
  readonly #setId: string;
  readonly #files = new Map<string, Par2File>();
  readonly #unicodeNames = new Map<string, string>();
  #main: MainFacts | undefined;

  constructor(setId: string) {
    this.#setId = setId;
  }

  add({ type, body }: Packet): void {
    if (type === 'main') this.#main ??= mainFacts(body);
    else if (type === 'file') this.#addFile(body);
    else this.#addUnicodeName(body);
  }

  facts(): Par2Set {
    const files = [...this.#files.values()].map((file) => {
      const name = this.#unicodeNames.get(file.fileId);
      return name === undefined ? file : { ...file, name };
    });
    const { sliceBytes, fileCount } = this.#main ?? {};
    return { setId: this.#setId, sliceBytes, fileCount, files };
  }

  /** "File Description packet": id, MD5, MD5 of the first 16 KiB, size, name. */
  #addFile(body: Buffer): void {
    if (body.length < 56 || body.length > 56 + maxNameBytes || this.#files.size >= maxFiles) return;
    const fileId = body.toString('hex', 0, 16);
    const size = Number(body.readBigUInt64LE(48));
    if (this.#files.has(fileId) || !Number.isSafeInteger(size)) return;
    const name = safeName(textOf(body.subarray(56)));
    this.#files.set(fileId, {
      fileId,
      name,
      size,
      md5: body.toString('hex', 16, 32),
      md5of16k: body.toString('hex', 32, 48),
    });
  }

  /** "Unicode Filename packet": id, name in UTF-16. */
  #addUnicodeName(body: Buffer): void {
    if (body.length < 16 || body.length > 16 + maxNameBytes || this.#unicodeNames.size >= maxFiles) return;
    const name = safeName(beforeNul(body.subarray(16).toString('utf16le')));
    if (name !== '') this.#unicodeNames.set(body.toString('hex', 0, 16), name);
  }
}

type MainFacts = Pick<Par2Set, 'sliceBytes' | 'fileCount'>;

/** "Main packet": slice size, how many of the files can be repaired, ids of all. */
function mainFacts(body: Buffer): MainFacts | undefined {
  if (body.length < 12) return undefined;
  const sliceBytes = Number(body.readBigUInt64LE(0));
  if (!Number.isSafeInteger(sliceBytes) || sliceBytes === 0) return undefined;
  return { sliceBytes, fileCount: Math.floor((body.length - 12) / 16) };
}

/** The specification says ASCII; today's programs write UTF-8, older ones whatever Windows had. */
function textOf(bytes: Uint8Array): string {
  const decoder = new LenientUtf8(() => {});
  return beforeNul(decoder.decode(bytes) + decoder.end());
}

/** Names are filled up with zeros. */
function beforeNul(text: string): string {
  const end = text.indexOf('\0');
  return end === -1 ? text : text.slice(0, end);
}
