import { deterministicBytes } from '../../../memory-file.js';
import { packed, utf8 } from '../byte-writer.js';
import type { RarBlocks } from './rar-volumes.js';

/** What a RAR has beside its members. */
export interface RarExtras {
  /** Whether it has a comment, a recovery record and what else RAR puts beside the members. */
  readonly hasServices: boolean;
  /** Whether headers say that members are compressed. */
  readonly pretendsCompression: boolean;
}

/** A comment on an archive. */
export const comment: Uint8Array = utf8('A comment that is in front of everything else.\r\n');

/** Stands for what a recovery record holds; nothing can be repaired with it. */
export const recoveryData: Uint8Array = deterministicBytes(600, 7);

/** The same volumes with something in front of the first, as a program that unpacks the rest. */
export function withPrefix(blocks: RarBlocks, prefix: Uint8Array): RarBlocks {
  const opening: RarBlocks['opening'] = (volume) =>
    packed((volume.number ?? 0) === 0 ? prefix : packed(), blocks.opening(volume));
  return { ...blocks, opening };
}
