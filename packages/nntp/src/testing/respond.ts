import { renderArticle } from './article.js';
import { commands, type Hall, openVerbs, type Reply, type Visitor } from './commands.js';
import { renderFaulty } from './fault-render.js';
import type { Fault, FaultRequest } from './faults.js';

/** A command line taken apart. */
export interface ParsedCommand {
  /** First word in capitals. */
  readonly verb: string;
  /** The verb as faults see it: `AUTHINFO USER` and `AUTHINFO PASS` apart. */
  readonly name: string;
  /** The rest. */
  readonly argument: string;
}

/** Takes a command line apart. */
export function parseCommand(line: string): ParsedCommand {
  const [, word = '', argument = ''] = /^\s*(\S*)\s*(.*?)\s*$/.exec(line) ?? [];
  const verb = word.toUpperCase();
  const step = verb === 'AUTHINFO' ? argument.split(/\s/, 1)[0]!.toUpperCase() : '';
  return { verb, name: step === '' ? verb : `${verb} ${step}`, argument };
}

/** What a fault rule gets to see of a command; counts requests for bodies. */
export function faultRequest(
  { name, argument }: ParsedCommand,
  place: { readonly connection: number; readonly command: number },
  visitor: Visitor,
  { store, counter }: Hall,
): FaultRequest {
  const number = argument === '' ? visitor.current : Number(argument);
  const named = /^<(.+)>$/.exec(argument)?.[1];
  const id = named ?? (visitor.group === undefined ? undefined : store.byNumber(visitor.group, number)?.id);
  const isBody = name === 'BODY' || name === 'ARTICLE';
  const attempt = isBody && id !== undefined ? counter.asked(id) : 0;
  return { verb: name, argument: name === 'AUTHINFO PASS' ? 'PASS ***' : argument, id, attempt, ...place };
}

/** The reply to a command, a fault that replaces it taken into account. */
export function replyTo(command: ParsedCommand, visitor: Visitor, hall: Hall, fault: Fault | undefined): Reply {
  const { verb, argument } = command;
  if (fault?.type === 'missing') {
    hall.counter.missing++;
    return { text: argument.startsWith('<') ? '430 No such article' : '423 No article with that number' };
  }
  if (fault?.type === 'reply') {
    if (verb === 'AUTHINFO' && fault.code === 281) visitor.user = visitor.claimedUser ?? argument;
    return { text: `${fault.code} ${fault.text ?? 'fault'}`, after: fault.close ? 'close' : undefined };
  }
  const answer = commands.get(verb);
  if (answer === undefined) return { text: '500 Unknown command' };
  if (hall.options.requireLogin && visitor.user === undefined && !openVerbs.has(verb)) {
    return { text: '480 Authentication required' };
  }
  return answer(argument, visitor, hall);
}

/** The bytes of a reply, with a fault of the body applied. */
export function renderReply({ text, article }: Reply, { options, store }: Hall, fault: Fault | undefined): Buffer[] {
  const bare = options.lineEnding === 'lf';
  const opening = bare ? `${text.replaceAll('\r\n', '\n')}\n` : `${text}\r\n`;
  if (article === undefined) return [Buffer.from(opening, 'utf8')];
  if (fault?.type === 'wrongArticle') {
    const other = store.byId(fault.id) ?? article;
    const named = fault.named ? opening.replace(`<${article.id}>`, `<${other.id}>`) : opening;
    return renderArticle(named, other.body());
  }
  if (fault !== undefined) return renderFaulty(opening, article.body(), fault);
  if (bare) return renderFaulty(opening, article.body(), { type: 'bareLf', terminator: true });
  return renderArticle(opening, article.body());
}

/** After how many bytes a fault cuts the answer, if it does. */
export function cutOf(fault: Fault | undefined): number | undefined {
  if (fault?.type === 'drop') return fault.afterBytes ?? 0;
  if (fault?.type === 'stall' || fault?.type === 'halfClose') return fault.afterBytes ?? 10_000;
  return undefined;
}
