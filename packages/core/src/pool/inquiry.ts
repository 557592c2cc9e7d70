import {
  ArticleCorruptError,
  ArticleMissingError,
  hasCode,
  type NewsreelError,
  ProviderUnavailableError,
  TimeoutError,
} from '../errors/index.js';
import type { MessageId } from '../model/article.js';
import type { Member } from './member.js';
import { ruleFor } from './retry.js';

interface Verdict {
  readonly answer: 'missing' | 'corrupt' | 'unknown';
  readonly mayRepeat: boolean;
  readonly cause: unknown;
}

/** Attempts beyond one per provider, when nobody gave a definite answer. */
const repeats = 1;

/**
 * What became of one request at each provider, and the conclusion. Availability has three values: an article is missing
 * only when every provider said so; a timeout at one and a definite no at another is unknown, never missing.
 */
export class Inquiry {
  readonly #members: readonly Member[];
  readonly #verdicts = new Map<Member, Verdict>();
  #repeatsLeft = repeats;

  constructor(members: readonly Member[]) {
    this.#members = members;
  }

  /** Who may still be asked: everybody not asked yet, or those whose failure may pass when tried once more. */
  open(): readonly Member[] {
    const usable = this.#members.filter((member) => !member.disabled);
    const fresh = usable.filter((member) => !this.#verdicts.has(member));
    if (fresh.length > 0 || this.#repeatsLeft <= 0) return fresh;
    return usable.filter((member) => this.#verdicts.get(member)?.mayRepeat);
  }

  /** Notes a failure. */
  failed(member: Member, cause: unknown): void {
    const { answer, action } = ruleFor(cause);
    if (this.#verdicts.has(member)) this.#repeatsLeft--;
    this.#verdicts.set(member, { answer, mayRepeat: action === 'again', cause });
  }

  /** Notes that a member has nothing more to say (its answers to a sweep are kept elsewhere). */
  answered(member: Member): void {
    if (this.#verdicts.has(member)) this.#repeatsLeft--;
    this.#verdicts.set(member, { answer: 'unknown', mayRepeat: false, cause: undefined });
  }

  /** Closes a member that need not be asked (again): there is nothing left it could say. */
  dismiss(member: Member): void {
    this.#verdicts.set(member, { answer: 'unknown', mayRepeat: false, cause: this.#verdicts.get(member)?.cause });
  }

  /** Which requests are in the same position: the names still open. */
  get kind(): string {
    return this.open()
      .map((member) => member.name)
      .join('\n');
  }

  /** Every failure so far, in the order of the providers. */
  causes(): unknown[] {
    return this.#members.flatMap((member) => {
      const cause = this.#verdicts.get(member)?.cause ?? (member.disabled ? member.breaker.cause : undefined);
      return cause === undefined ? [] : [cause];
    });
  }

  /**
   * The error a failed fetch ends with.
   * @param ending what ended the search early (the wait for a place), when something did
   */
  conclude(id: MessageId, ending?: unknown): NewsreelError {
    const asked = this.#members.map((member) => member.name);
    const causes = [...this.causes(), ...(ending === undefined ? [] : [ending])];
    const cause = new AggregateError(causes, `No provider delivered <${id}>: ${causes.map(words).join('; ')}`);
    const by = (answer: Verdict['answer']) => this.#members.filter((member) => this.#answerOf(member) === answer);
    const unknown = by('unknown');
    if (asked.length > 0 && by('missing').length === asked.length)
      return new ArticleMissingError({ messageId: id, asked, cause });
    const corrupt = by('corrupt')[0];
    if (unknown.length === 0 && corrupt)
      return corruptError(id, corrupt.name, this.#verdicts.get(corrupt)?.cause, cause);
    return unknownError(unknown.at(-1)?.name ?? 'none', this.#unknownCauses(unknown, ending), cause);
  }

  #answerOf(member: Member): Verdict['answer'] {
    return this.#verdicts.get(member)?.answer ?? 'unknown';
  }

  #unknownCauses(unknown: readonly Member[], ending: unknown): unknown[] {
    return unknown.map(
      (member) => this.#verdicts.get(member)?.cause ?? (member.disabled ? member.breaker.cause : ending),
    );
  }
}

function corruptError(messageId: MessageId, provider: string, first: unknown, cause: unknown): ArticleCorruptError {
  const known = hasCode(first, 'ERR_ARTICLE_CORRUPT') ? (first as ArticleCorruptError) : undefined;
  const { expectedCrc, actualCrc } = known ?? {};
  return new ArticleCorruptError({
    messageId,
    provider,
    reason: known?.reason ?? 'unusable',
    expectedCrc,
    actualCrc,
    cause,
  });
}

/** A timeout when nothing but time was lacking; otherwise nobody could be asked. */
function unknownError(provider: string, reasons: readonly unknown[], cause: AggregateError): NewsreelError {
  const timeouts = reasons.filter((reason): reason is TimeoutError => hasCode(reason, 'ERR_TIMEOUT'));
  const last = timeouts.at(-1);
  if (last && timeouts.length === reasons.length)
    return new TimeoutError({ phase: last.phase, afterMs: last.afterMs, cause });
  const message = reasons.length === 0 ? 'There are no providers' : cause.message;
  return new ProviderUnavailableError({ provider, message, cause });
}

const words = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause));
