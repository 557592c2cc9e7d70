import { ProviderUnavailableError } from '../errors/index.js';
import type { Availability, FetchOptions, MessageId } from '../model/article.js';
import { throwIfAborted } from '../util/signals.js';
import { Inquiry } from './inquiry.js';
import type { Member } from './member.js';
import { findPlace, type Grant, type PlacementContext, SearchOver } from './placement.js';
import { settle } from './settle.js';

/** Answers of one provider to some ids; later answers about the same id do not count. */
type OnAnswers = (member: Member, answers: readonly Availability[]) => void;

type SweepOptions = FetchOptions & { readonly signal: AbortSignal };

/**
 * Asks about some articles at one provider after the other, as long as somebody may know more.
 * @param wanted which ids a provider is to be asked about
 */
async function sweep(
  context: PlacementContext,
  inquiry: Inquiry,
  options: SweepOptions,
  wanted: (member: Member) => readonly MessageId[],
  onAnswers: OnAnswers,
): Promise<unknown> {
  for (;;) {
    for (const member of inquiry.open()) if (wanted(member).length === 0) inquiry.dismiss(member);
    if (inquiry.open().length === 0) return undefined;
    const grant = await findPlace(context, inquiry, 'stat', options).catch((error: unknown) => {
      throwIfAborted(options.signal);
      return new SearchOver(error);
    });
    if (grant instanceof SearchOver) return grant.cause;
    await askOne(grant, inquiry, wanted(grant.member), options, onAnswers);
  }
}

async function askOne(
  grant: Grant,
  inquiry: Inquiry,
  ids: readonly MessageId[],
  options: SweepOptions,
  onAnswers: OnAnswers,
): Promise<void> {
  const { member, reservation, pass, lane } = grant;
  const { signal } = options;
  try {
    for await (const answers of reservation.stat(ids, { signal, lane })) onAnswers(member, answers);
    if (signal.aborted) throw signal.reason;
    pass.answered();
    inquiry.answered(member);
  } catch (error) {
    if (signal.aborted) {
      pass.withdrawn();
      throw signal.reason;
    }
    settle(grant, error);
    inquiry.failed(member, error);
  }
}

/** The combined answer about each id: present wins; missing only when every provider said so; else unknown. */
export async function statTogether(
  context: PlacementContext,
  members: readonly Member[],
  ids: readonly MessageId[],
  options: SweepOptions,
  emit: (answers: readonly Availability[]) => void,
): Promise<void> {
  const pending = new Map<MessageId, { readonly deniedBy: Set<Member>; cause?: unknown }>();
  for (const id of ids) pending.set(id, { deniedBy: new Set() });
  const inquiry = new Inquiry(members);
  const wanted = (member: Member) => [...pending].filter(([, { deniedBy }]) => !deniedBy.has(member)).map(([id]) => id);
  const ending = await sweep(context, inquiry, options, wanted, (member, answers) => {
    const found: Availability[] = [];
    for (const answer of answers) {
      const entry = pending.get(answer.id);
      if (entry === undefined) continue;
      if (answer.state === 'missing') entry.deniedBy.add(member);
      else if (answer.state === 'unknown') entry.cause = answer.cause;
      else if (pending.delete(answer.id)) found.push(answer);
    }
    if (found.length > 0) emit(found);
  });
  const rest = [...pending].map(([id, { deniedBy, cause }]): Availability => {
    if (members.length > 0 && deniedBy.size === members.length) return { id, state: 'missing' };
    return { id, state: 'unknown', cause: cause ?? whyUnknown(inquiry, ending) };
  });
  if (rest.length > 0) emit(rest);
}

/** One provider's own answers: what it did not say is unknown. */
export async function statAlone(
  context: PlacementContext,
  member: Member,
  ids: readonly MessageId[],
  options: SweepOptions,
  emit: (answers: readonly Availability[]) => void,
): Promise<void> {
  const pending = new Set(ids);
  const unsure = new Map<MessageId, Availability>();
  const inquiry = new Inquiry([member]);
  const ending = await sweep(
    context,
    inquiry,
    options,
    () => [...pending],
    (_, answers) => {
      for (const answer of answers)
        if (answer.state === 'unknown' && pending.has(answer.id)) unsure.set(answer.id, answer);
      const definite = answers.filter(({ id, state }) => state !== 'unknown' && pending.delete(id));
      if (definite.length > 0) emit(definite);
    },
  );
  const rest = [...pending].map(
    (id): Availability => unsure.get(id) ?? { id, state: 'unknown', cause: whyUnknown(inquiry, ending) },
  );
  if (rest.length > 0) emit(rest);
}

function whyUnknown(inquiry: Inquiry, ending: unknown): unknown {
  const causes = [...inquiry.causes(), ...(ending === undefined ? [] : [ending])];
  if (causes.length > 1) return new AggregateError(causes, 'No provider gave a definite answer');
  return causes[0] ?? new ProviderUnavailableError({ provider: 'none', message: 'No provider gave a definite answer' });
}
