import type { ByteSource } from '../../model/byte-source.js';
import type { ByteLedger } from '../../model/bytes.js';
import type { Clock } from '../../model/common.js';
import { closeOnce } from '../../util/close-all.js';
import type { CodecRecipe } from '../byte-recipe.js';
import { type DecodedSource, decodedSource } from './decoded-source.js';
import { createSpool, type SpoolOptions } from './spool.js';

/** Unpacked sources nobody holds that are kept for the next one. */
const mostIdle = 16;

/** What decoders are made of. */
export interface DecodersParts {
  /** Memory account. */
  readonly ledger: ByteLedger;
  readonly clock: Clock;
  /** Keeps on disk what was unpacked. @default none */
  readonly spool?: SpoolOptions | undefined;
}

/** An unpacked source in somebody's hands. */
export interface HeldSource {
  readonly source: ByteSource;
  /** Gives it back, once. */
  release(): void;
}

interface Shared {
  readonly source: DecodedSource;
  holds: number;
}

/**
 * Unpacked sources, shared by all who read the same: what one has unpacked, the other need not. Those nobody holds stay for
 * a while, for players open and close a file for every look at it.
 */
export class Decoders {
  readonly #parts: DecodersParts;
  readonly #spool: ReturnType<typeof createSpool> | undefined;
  /** Longest unused first. */
  readonly #shared = new Map<CodecRecipe, Shared>();

  constructor(parts: DecodersParts) {
    this.#parts = parts;
    this.#spool = parts.spool && createSpool(parts.spool);
  }

  /** What a recipe unpacks to. @param packed makes the source of its packed bytes @throws ArchiveUnsupportedError */
  hold(recipe: CodecRecipe, packed: () => ByteSource): HeldSource {
    const shared = this.#shared.get(recipe) ?? { source: this.#open(recipe, packed()), holds: 0 };
    this.#shared.delete(recipe);
    this.#shared.set(recipe, shared);
    shared.holds++;
    let isHeld = true;
    const release = () => {
      if (!isHeld) return;
      isHeld = false;
      shared.holds--;
      this.#letGo();
    };
    return { source: shared.source, release };
  }

  readonly close = closeOnce(async () => {
    const sources = [...this.#shared.values()].map(({ source }) => source);
    this.#shared.clear();
    await Promise.all(sources.map((source) => source.close()));
    await this.#spool?.close();
  });

  #open(recipe: CodecRecipe, packed: ByteSource): DecodedSource {
    const { ledger, clock } = this.#parts;
    return decodedSource(recipe.codec, packed, recipe.size, { ledger, clock, spool: this.#spool });
  }

  #letGo(): void {
    const idle = [...this.#shared].filter(([, { holds }]) => holds === 0);
    for (const [recipe, { source }] of idle.slice(0, Math.max(0, idle.length - mostIdle))) {
      this.#shared.delete(recipe);
      void source.close();
    }
  }
}
