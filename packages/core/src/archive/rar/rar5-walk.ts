import { damaged } from '../refusals.js';
import { aesBlockBytes } from './header-cipher.js';
import type { HeaderWindow } from './header-window.js';
import type { Passwords } from './passwords.js';
import { opensRar5, type Rar5Block, rar5Block } from './rar5-blocks.js';
import { rar5Piece } from './rar5-file.js';
import { headerLock } from './rar5-records.js';
import { pieceStep, type Step, type VolumeFacts, type VolumeWalk } from './walk.js';

const blockType = { main: 1, file: 2, service: 3, encryption: 4, end: 5 };
/** RAR 5.0 archive format, "Main archive header". */
const mainFlag = { volume: 0x01, number: 0x02, solid: 0x04 };
const notLastVolume = 0x01;
/** Bytes a password is tried on where there is nothing better: a main header is smaller by far. */
const trialBytes = 4096;

/** Walks the blocks of a volume of RAR 5. @param what the headers, in words */
export class Rar5Walk implements VolumeWalk {
  readonly #window: HeaderWindow;
  readonly #passwords: Passwords;
  readonly #what: string;
  #key: Uint8Array | undefined;

  constructor(window: HeaderWindow, passwords: Passwords, what: string) {
    this.#window = window;
    this.#passwords = passwords;
    this.#what = what;
  }

  async open(at: number): Promise<VolumeFacts> {
    let block = await this.#block(at);
    if (block.type === blockType.encryption) {
      const lock = headerLock(block.fields);
      const trial =
        lock.check === undefined ? await this.#window.bytes(block.dataEnd, trialBytes + aesBlockBytes) : undefined;
      const fits = ({ key }: { readonly key: Uint8Array }) => trial !== undefined && opensRar5(trial, key);
      this.#key = (await this.#passwords.rar5(lock, this.#what, { fits, isProof: true })).key;
      block = await this.#block(block.dataEnd);
    }
    if (block.type !== blockType.main) throw damaged('rar5', 'The archive does not begin with a main header');
    const flags = block.fields.vint();
    const isPartOfSet = (flags & mainFlag.volume) !== 0;
    // The first volume has no number.
    const number = flags & mainFlag.number ? block.fields.length() : isPartOfSet ? 0 : undefined;
    return {
      number,
      isFirst: (number ?? 0) === 0,
      isPartOfSet,
      isSolid: (flags & mainFlag.solid) !== 0,
      hasEncryptedHeaders: this.#key !== undefined,
      mainHeaderBytes: block.headerBytes,
      blocksStart: block.dataEnd,
    };
  }

  async step(at: number): Promise<Step | undefined> {
    const block = await rar5Block(this.#window, at, this.#key);
    if (block === undefined) return undefined;
    const next = block.dataEnd;
    if (block.type === blockType.end) {
      return { next, end: { number: undefined, hasNext: (block.fields.vint() & notLastVolume) !== 0 } };
    }
    if (block.type !== blockType.file) return { next };
    return pieceStep(next, () => rar5Piece(block, this.#window.size, this.#passwords));
  }

  async #block(at: number): Promise<Rar5Block> {
    const block = await rar5Block(this.#window, at, this.#key);
    if (block === undefined) throw damaged('rar5', 'The volume ends in front of its main header');
    return block;
  }
}
