import { setImmediate as nextTurn } from 'node:timers/promises';
import { ArchiveUnsupportedError } from '../../errors/index.js';
import type { ArchiveInput, ReadArchiveOptions } from '../archive.js';
import { Oddities } from '../oddities.js';
import { damaged } from '../refusals.js';
import { HeaderWindow } from './header-window.js';
import { Passwords } from './passwords.js';
import { Rar4Walk } from './rar4-walk.js';
import { Rar5Walk } from './rar5-walk.js';
import { mostSfxBytes, rarSignature, signatureBytes } from './signature.js';
import type { RarFormat, RarPiece, RarVolume } from './volume.js';
import type { Step, VolumeFacts, VolumeWalk } from './walk.js';

/** Blocks of one volume that are looked at. */
const mostBlocks = 200_000;
/** After so many the event loop gets its turn: headers that are at hand are read without waiting. */
const blocksPerTurn = 512;
/** How much is read to find an archive behind a program, step by step. */
const searchedBytes = [4096, 64 * 1024, mostSfxBytes];

/** How a volume is read. */
export interface ReadRarVolumeOptions extends ReadArchiveOptions {
  /**
   * Goes on behind a member that continues in the next volume, to the end header: only there RAR 4 says which volume it is.
   * @default false
   */
  readonly toEnd?: boolean | undefined;
}

/**
 * Reads the headers of one volume: a few KiB at its beginning, then from header to header, never the data of members. Once
 * a member goes on in the next volume the rest is left alone.
 * @throws ArchiveUnsupportedError when it is no RAR archive or its first headers are damaged
 * @throws PasswordError when its headers are encrypted and no password opens them
 */
export async function readRarVolume(input: ArchiveInput, options: ReadRarVolumeOptions): Promise<RarVolume> {
  const window = new HeaderWindow(input, options);
  const { format, offset } = await signature(window);
  window.format = format;
  const walk = walkOf(format, window, new Passwords(format, options), `the list of files in ${input.name}`);
  const facts = await walk.open(offset + signatureBytes[format]);
  const walked = await walkBlocks(walk, facts.blocksStart, options.toEnd ?? false);
  return { format, size: input.size, offset, ...merged(facts, walked) };
}

async function signature(window: HeaderWindow): Promise<{ readonly format: RarFormat; readonly offset: number }> {
  for (const length of searchedBytes) {
    const found = rarSignature(await window.bytes(0, length));
    if (found !== undefined) return found;
    if (length >= window.size) break;
  }
  throw damaged('rar5', 'There is no RAR archive in it');
}

function walkOf(format: RarFormat, window: HeaderWindow, passwords: Passwords, what: string): VolumeWalk {
  return format === 'rar4' ? new Rar4Walk(window, passwords, what) : new Rar5Walk(window, passwords, what);
}

interface Walked {
  readonly pieces: readonly RarPiece[];
  readonly warnings: readonly string[];
  readonly end: Step['end'];
}

async function walkBlocks(walk: VolumeWalk, start: number, toEnd: boolean): Promise<Walked> {
  const pieces: RarPiece[] = [];
  const oddities = new Oddities();
  let end: Step['end'];
  for (let at = start, count = 0; end === undefined; count++) {
    if (count >= mostBlocks) {
      oddities.add(`There are more than ${mostBlocks} blocks; the others are left out`);
      break;
    }
    if (count % blocksPerTurn === blocksPerTurn - 1) await nextTurn();
    const step = await tolerantStep(walk, at, oddities);
    if (step === undefined) break;
    if (step.warning !== undefined) oddities.add(step.warning);
    if (step.piece !== undefined) pieces.push(step.piece);
    if (step.piece?.continuesInNext && !toEnd) break;
    end = step.end;
    at = step.next;
  }
  return { pieces, warnings: oddities.lines, end };
}

/** What was read before a damaged header stays readable. */
async function tolerantStep(walk: VolumeWalk, at: number, oddities: Oddities): Promise<Step | undefined> {
  try {
    return await walk.step(at);
  } catch (error) {
    if (!(error instanceof ArchiveUnsupportedError)) throw error;
    oddities.add(`Reading stopped at ${at}: ${error.message}`);
    return undefined;
  }
}

function merged({ number, ...facts }: VolumeFacts, { pieces, warnings, end }: Walked) {
  const goesOn = pieces.at(-1)?.continuesInNext === true;
  return {
    ...facts,
    number: number ?? end?.number,
    hasNext: goesOn ? true : facts.isPartOfSet ? end?.hasNext : false,
    pieces,
    warnings,
  };
}
