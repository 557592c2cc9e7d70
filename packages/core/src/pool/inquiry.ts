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
import type { Candidates, Verb } from './placement.js';
import { ruleFor } from './retry.js';

interface Verdict {
  readonly answer: 'missing' | 'corrupt' | 'unknown';
  readonly mayRepeat: boolean;
  readonly cause: unknown;
}

/** Most requests never need a map of their own. */
const none: ReadonlyMap<Member, Verdict> = new Map();

/** Attempts beyond one per provider, when nobody gave a definite answer. */
const repeats = 1;

/**
 * What became of one request at each provider, and the conclusion. Availability has three values: an article is missing
 * only when every provider said so; a timeout at one and a definite no at another is unknown, never missing.
 */
export class Inquiry implements Candidates {
  readonly #members: readonly Member[];
  readonly #kind: string | undefined;
  #verdicts: ReadonlyMap<Member, Verdict> = none;
  /** Members with attempts under way, once for each. */
  readonly #underWay: Member[] = [];
  #repeatsLeft = repeats;

  /** @param kind of requests for articles that any of the members may be asked for, when it is known: {@link kindOf} */
  constructor(members: readonly Member[], kind?: string) {
    this.#members = members;
    this.#kind = kind;
  }

  /** Who may still be asked: everybody not asked yet, or those whose failure may pass when tried once more. */
  open(): readonly Member[] {
    if (this.#isUntouched) return this.#members;
    const usable = this.#members.filter((member) => !member.disabled);
    const fresh = usable.filter((member) => !this.#verdicts.has(member));
    if (fresh.length > 0 || this.#repeatsLeft <= 0) return fresh;
    return usable.filter((member) => this.#verdicts.get(member)?.mayRepeat);
  }

  /** An attempt at a member begins. */
  began(member: Member): void {
    this.#underWay.push(member);
  }

  /** An attempt at a member is over. */
  ended(member: Member): void {
    const at = this.#underWay.indexOf(member);
    if (at >= 0) this.#underWay.splice(at, 1);
  }

  /**
   * Whom to ask besides those who are late: other providers of their tiers; those of higher tiers only when none of
   * these has room; and the late ones again, on another connection, when nobody else has.
   */
  rivals(): Candidates {
    const failed = (member: Member, cause: unknown) => this.failed(member, cause);
    const group = (what: string, open: () => readonly Member[], otherwise?: Candidates): Candidates => ({
      open,
      kind: (verb) => `${what}\n${kindOf(verb, open())}`,
      failed,
      otherwise,
    });
    const again = group('again', () => this.#once());
    const higher = group(
      'higher',
      () => this.#fresh().filter((member) => member.provider.priority > this.#tier()),
      again,
    );
    return group('rivals', () => (this.#underWay.length > 0 ? this.#peers() : this.open()), higher);
  }

  /** Whether another provider of the tiers being asked could have it. */
  get hasPeers(): boolean {
    return this.#members.length > 1 && this.#peers().length > 0;
  }

  /** Notes a failure. */
  failed(member: Member, cause: unknown): void {
    const { answer, action } = ruleFor(cause);
    if (this.#verdicts.has(member)) this.#repeatsLeft--;
    this.#note(member, { answer, mayRepeat: action === 'again', cause });
  }

  /** Notes that a member has nothing more to say (its answers to a sweep are kept elsewhere). */
  answered(member: Member): void {
    if (this.#verdicts.has(member)) this.#repeatsLeft--;
    this.#note(member, { answer: 'unknown', mayRepeat: false, cause: undefined });
  }

  /** Closes a member that need not be asked (again): there is nothing left it could say. */
  dismiss(member: Member): void {
    this.#note(member, { answer: 'unknown', mayRepeat: false, cause: this.#verdicts.get(member)?.cause });
  }

  /** Which requests are in the same position: the names still open, and what is wanted of them. */
  kind(verb: Verb): string {
    return verb === 'body' && this.#kind !== undefined && this.#isUntouched ? this.#kind : kindOf(verb, this.open());
  }

  /** Whether somebody was asked before. */
  get again(): boolean {
    return this.#verdicts.size > 0;
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

  #note(member: Member, verdict: Verdict): void {
    if (this.#verdicts === none) this.#verdicts = new Map();
    (this.#verdicts as Map<Member, Verdict>).set(member, verdict);
  }

  /** Whether nobody said anything yet and everybody is in use: the usual case. */
  get #isUntouched(): boolean {
    if (this.#verdicts.size > 0) return false;
    for (const member of this.#members) if (member.disabled) return false;
    return true;
  }

  /** Usable members that were not asked yet. */
  #fresh(): readonly Member[] {
    return this.#members.filter(
      (member) => !member.disabled && !this.#verdicts.has(member) && !this.#underWay.includes(member),
    );
  }

  #peers(): readonly Member[] {
    const tier = this.#tier();
    return this.#fresh().filter((member) => member.provider.priority <= tier);
  }

  /** Members with one attempt under way and nothing said yet. */
  #once(): readonly Member[] {
    return this.#underWay.filter((member, at, all) => {
      const isOnce = all.indexOf(member) === at && all.lastIndexOf(member) === at;
      return isOnce && !member.disabled && !this.#verdicts.has(member);
    });
  }

  /** Highest tier that is being asked. */
  #tier(): number {
    return Math.max(...this.#underWay.map((member) => member.provider.priority));
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

/** The kind of requests that want the same of the same members. */
export function kindOf(verb: Verb, members: readonly Member[]): string {
  return `${verb}\n${members.map((member) => member.name).join('\n')}`;
}

const words = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause));
