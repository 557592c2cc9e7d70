import { damaged } from '../refusals.js';
import type { HeaderWindow } from './header-window.js';
import type { Passwords } from './passwords.js';
import { blockDataBytes, blockType, type HeaderKeys, type Rar4Block, rar4Block } from './rar4-blocks.js';
import { fileDataEnd, rar4Piece } from './rar4-file.js';
import { pieceStep, type Step, type VolumeFacts, type VolumeWalk } from './walk.js';

/** RAR 4 technote, "Archive header". */
const mainFlag = { volume: 0x0001, solid: 0x0008, encrypted: 0x0080, firstVolume: 0x0100 };
const endFlag = { nextVolume: 0x0001, dataCrc: 0x0002, volumeNumber: 0x0008 };

/** Walks the blocks of a volume of RAR 4. @param what the headers, in words */
export class Rar4Walk implements VolumeWalk {
  readonly #window: HeaderWindow;
  readonly #passwords: Passwords;
  readonly #keys: HeaderKeys;
  #isEncrypted = false;
  #isOpen = false;

  constructor(window: HeaderWindow, passwords: Passwords, what: string) {
    this.#window = window;
    this.#passwords = passwords;
    this.#keys = async (salt, fits) => {
      // Once a header was opened, one that is not is damaged.
      const keys = await passwords.rar4(salt, what, this.#isOpen ? undefined : { fits, isProof: true });
      this.#isOpen = true;
      return keys;
    };
  }

  async open(at: number): Promise<VolumeFacts> {
    const block = await rar4Block(this.#window, at);
    if (block?.type !== blockType.main) throw damaged('rar4', 'The archive does not begin with a main header');
    const { flags } = block;
    const isPartOfSet = (flags & mainFlag.volume) !== 0;
    this.#isEncrypted = (flags & mainFlag.encrypted) !== 0;
    return {
      number: flags & mainFlag.firstVolume ? 0 : undefined,
      isFirst: !isPartOfSet || (flags & mainFlag.firstVolume) !== 0,
      isPartOfSet,
      isSolid: (flags & mainFlag.solid) !== 0,
      hasEncryptedHeaders: this.#isEncrypted,
      mainHeaderBytes: block.headerEnd - block.headerStart,
      blocksStart: block.headerEnd,
    };
  }

  async step(at: number): Promise<Step | undefined> {
    const block = await rar4Block(this.#window, at, this.#isEncrypted ? this.#keys : undefined);
    if (block === undefined) return undefined;
    if (block.type === blockType.end) return { next: block.headerEnd, end: endOf(block) };
    if (block.type === blockType.file) {
      return pieceStep(fileDataEnd(block), () => rar4Piece(block, this.#window, this.#passwords));
    }
    if (block.type === blockType.service) return { next: fileDataEnd(block) };
    return { next: block.headerEnd + blockDataBytes(block) };
  }
}

function endOf({ flags, fields }: Rar4Block): Step['end'] {
  if (flags & endFlag.dataCrc && fields.left >= 4) fields.u32();
  const number = flags & endFlag.volumeNumber && fields.left >= 2 ? fields.u16() : undefined;
  return { number, hasNext: (flags & endFlag.nextVolume) !== 0 };
}
