import { hasCode } from '../errors/index.js';
import type { ReadOptions } from '../model/catalog.js';
import type { ByteRange } from '../model/common.js';
import type { ReadParts } from './file-handle-parts.js';
import { MistrustedArticles } from './mistrusted-articles.js';
import { positionalRange, type ReadTarget, readRange, sideBySideBytes } from './positional-read.js';
import { type PlacedRead, PositionalRuns } from './positional-runs.js';
import { ReadGate } from './read-gate.js';
import type { ReadScope, ReadScopes } from './read-scopes.js';

type Verdict = Awaited<ReturnType<typeof readRange>>;

/** The positional reads of one handle: each alone, and what they mean together. */
export class PositionalReads {
  readonly #parts: ReadParts;
  readonly #scopes: ReadScopes;
  readonly #runs: PositionalRuns;
  readonly #mistrusted: MistrustedArticles;
  readonly #gate: ReadGate;
  readonly #count: (bytes: number, label: string | undefined) => void;
  /** Size of an article of this file, once somebody has read in it. */
  #typicalBytes = 0;

  /** @param count told of the bytes of each read that ended well */
  constructor(parts: ReadParts, scopes: ReadScopes, count: (bytes: number, label: string | undefined) => void) {
    this.#parts = parts;
    this.#scopes = scopes;
    this.#runs = new PositionalRuns(parts);
    this.#mistrusted = new MistrustedArticles(parts.source);
    this.#gate = parts.gate ?? new ReadGate(Number.POSITIVE_INFINITY);
    this.#count = count;
  }

  /** Brings the bytes at a position. @throws RangeInvalidError */
  async read(position: number, length: number, options: ReadOptions, target: ReadTarget): Promise<void> {
    const scope = this.#scopes.begin(options.signal);
    let placed: PlacedRead | undefined;
    let verdict: Verdict | undefined;
    try {
      const range = positionalRange(position, length, this.#parts.source.size);
      if (range.start === range.end) {
        verdict = {};
        return;
      }
      placed = this.#runs.began(range);
      verdict = await this.#inTurn(placed, options, scope.signal, target);
      this.#count(range.end - range.start, options.label);
      this.#runs.taken(placed);
    } finally {
      if (placed) this.#runs.ended();
      this.#endWith(verdict, placed?.range, scope, options);
    }
  }

  /** Gives up all look-ahead. */
  close(): void {
    this.#runs.close();
  }

  async #inTurn(placed: PlacedRead, options: ReadOptions, signal: AbortSignal, target: ReadTarget): Promise<Verdict> {
    const { start, end } = placed.range;
    const held = target.isHolding ? end - start : Math.min(end - start, sideBySideBytes);
    // Articles are held whole: on average, half of one too much at either end.
    const bytes = held + this.#articleBytes();
    const turn = this.#gate.enter(bytes, signal);
    if (turn) await turn;
    try {
      return await this.#bring(placed, options, signal, target);
    } finally {
      this.#gate.leave(bytes);
    }
  }

  #articleBytes(): number {
    if (this.#typicalBytes > 0) return this.#typicalBytes;
    for (const { expectedBytes } of this.#parts.source.segments({ start: 0, end: 1 }))
      this.#typicalBytes = expectedBytes;
    return this.#typicalBytes;
  }

  /** Nothing has been answered before it resolves, so unverified bytes that turn out wrong before are not the end. */
  async #bring(placed: PlacedRead, options: ReadOptions, signal: AbortSignal, target: ReadTarget): Promise<Verdict> {
    const { range } = placed;
    const asked = () => this.#runs.asked(placed);
    const verified = { integrity: 'verified', signal, asked, target } as const;
    const isProgressive = options.integrity === 'progressive' && !this.#mistrusted.has(range);
    if (!isProgressive) return readRange(this.#parts, range, verified);
    try {
      return await readRange(this.#parts, range, { ...verified, integrity: 'progressive' });
    } catch (error) {
      if (!hasCode(error, 'ERR_ARTICLE_CORRUPT') || signal.aborted) throw error;
      this.#mistrusted.note(error, range);
      target.restart();
      return readRange(this.#parts, range, verified);
    }
  }

  /** A read ends with the last verdict about its bytes. @param verdict nothing when the read failed */
  #endWith(
    verdict: Verdict | undefined,
    range: ByteRange | undefined,
    scope: ReadScope,
    { onVerified, onUnverified }: ReadOptions,
  ): void {
    if (verdict?.verified === undefined || range === undefined) {
      scope.end();
      if (verdict !== undefined) onVerified?.();
      return;
    }
    scope.answered();
    const failed = (error: unknown) => {
      this.#mistrusted.note(error, range);
      onUnverified?.(error);
    };
    void verdict.verified.then(() => onVerified?.(), failed).finally(() => scope.end());
  }
}
