import type { Clock } from '@newsreel/core';
import type { Node } from '../nodes/node.js';

interface Stall {
  readonly node: Node;
  readonly start: number;
  readonly end: number;
  readonly untilMs: number;
}

/** Stalls that are remembered: more than the kernel reads ahead at once. */
const mostStalls = 256;
/** How much of the longest wait a read gets that is repeated. */
const repeatedShare = 1 / 20;
/** How long, in longest waits, a read counts as repeated. */
const rememberedShare = 1 / 2;

/**
 * What could not be read in time, for a while. When bytes that were read ahead do not come, the kernel asks again for each
 * page somebody waits for, on behalf of each of them in turn (`filemap_update_page`, `filemap_fault` in `mm/filemap.c`).
 * Were every one of these to wait as long again, a program would wait for a multiple of what it was promised. Those that
 * have come meanwhile are there at once.
 */
export class Stalls {
  readonly #clock: Clock;
  readonly #longestMs: number;
  /** Oldest first. */
  readonly #stalls: Stall[] = [];

  /** @param longestMs how long a read may wait that is not repeated */
  constructor(clock: Clock, longestMs: number) {
    this.#clock = clock;
    this.#longestMs = longestMs;
  }

  /** Bytes of a file were waited for in vain. */
  add(node: Node, start: number, length: number): void {
    const untilMs = this.#clock.now() + this.#longestMs * rememberedShare;
    this.#stalls.push({ node, start, end: start + length, untilMs });
    if (this.#stalls.length > mostStalls) this.#stalls.shift();
  }

  /** How long a read may wait, in milliseconds; `undefined`: as long as any, for it is no repetition. */
  patienceMs(node: Node, start: number, length: number): number | undefined {
    if (this.#stalls.length === 0) return undefined;
    const nowMs = this.#clock.now();
    while ((this.#stalls[0]?.untilMs ?? nowMs + 1) <= nowMs) this.#stalls.shift();
    const isRepeated = this.#stalls.some(
      (stall) => stall.node === node && stall.start < start + length && start < stall.end,
    );
    return isRepeated ? Math.ceil(this.#longestMs * repeatedShare) : undefined;
  }
}
