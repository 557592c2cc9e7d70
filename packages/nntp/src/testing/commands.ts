import type { HostedArticle } from './article.js';
import type { Counter } from './counts.js';
import type { ResolvedLimits, ResolvedOptions } from './options.js';
import type { ArticleStore, Group } from './store.js';

/** What commands see of the server. */
export interface Hall {
  /** Options. */
  readonly options: ResolvedOptions;
  /** Limits as they are now. */
  readonly limits: ResolvedLimits;
  /** Articles. */
  readonly store: ArticleStore;
  /** Counts. */
  readonly counter: Counter;
  /** Takes one of the logins that must fail, if any is left. */
  takeAuthFailure(): boolean;
  /** Connections a user is logged in on. */
  loggedIn(user: string): number;
}

/** What one connection remembers between commands. */
export interface Visitor {
  /** Name given by AUTHINFO USER, until AUTHINFO PASS. */
  claimedUser?: string | undefined;
  /** Who is logged in. */
  user?: string | undefined;
  /** Whether the connection speaks TLS. */
  secure: boolean;
  /** The group selected. */
  group?: Group | undefined;
  /** Number of the current article in it. */
  current: number;
}

/** What to answer: text without its last line end, and perhaps an article's body, and perhaps something to do after. */
export interface Reply {
  /** Status line; of a multi-line answer without a body, all lines. */
  readonly text: string;
  /** Sent after the text, body and terminator. */
  readonly article?: HostedArticle | undefined;
  /** What happens once it is sent. */
  readonly after?: 'close' | 'startTls' | 'receiveArticle' | undefined;
}

/** Answers one command. */
export type Command = (argument: string, visitor: Visitor, hall: Hall) => Reply;

/** Commands that are answered before login. */
export const openVerbs: ReadonlySet<string> = new Set(['CAPABILITIES', 'HELP', 'QUIT', 'AUTHINFO', 'STARTTLS', 'MODE']);

const say = (text: string): Reply => ({ text });

/** Multi-line answer: lines, then the final dot. */
const list = (lines: readonly string[]): Reply => say([...lines, '.'].join('\r\n'));

function capabilities(_argument: string, visitor: Visitor, { options }: Hall): Reply {
  const lines = ['101 Capability list:', 'VERSION 2', 'IMPLEMENTATION Newsreel test server', 'READER', 'LIST ACTIVE'];
  if (options.posting) lines.push('POST');
  if (visitor.user === undefined) lines.push('AUTHINFO USER');
  if (options.tls === 'starttls' && !visitor.secure) lines.push('STARTTLS');
  return list(lines);
}

function mode(argument: string, _visitor: Visitor, { options }: Hall): Reply {
  if (argument.toUpperCase() !== 'READER') return say('501 Syntax is MODE READER');
  return say(options.posting ? '200 Reader mode, posting ok' : '201 Reader mode, no posting');
}

function authinfo(argument: string, visitor: Visitor, hall: Hall): Reply {
  const [, kind = '', value = ''] = /^(\S+)\s+(.+)$/.exec(argument) ?? [];
  const step = kind.toUpperCase();
  if (step !== 'USER' && step !== 'PASS') return say('501 Syntax is AUTHINFO USER name or AUTHINFO PASS password');
  if (visitor.user !== undefined) return say('502 Already authenticated');
  if (step === 'USER') {
    visitor.claimedUser = value;
    return say('381 Enter password');
  }
  return logIn(value, visitor, hall);
}

function logIn(password: string, visitor: Visitor, hall: Hall): Reply {
  const { users } = hall.options;
  const { authReply, maxConnections, refusal, refuseAt } = hall.limits;
  const user = visitor.claimedUser;
  if (user === undefined) return say('482 Authentication commands out of sequence');
  visitor.claimedUser = undefined;
  hall.counter.loginAttempts++;
  const known = users === undefined || (Object.hasOwn(users, user) && users[user] === password);
  if (hall.takeAuthFailure() || !known) return say(`${authReply.code} ${authReply.text}`);
  if (refuseAt === 'login' && hall.loggedIn(user) >= maxConnections) {
    hall.counter.refused++;
    return { text: `${refusal.code} ${refusal.text}`, after: 'close' };
  }
  hall.counter.logins++;
  visitor.user = user;
  return say('281 Authentication accepted');
}

function startTls(_argument: string, visitor: Visitor, { options }: Hall): Reply {
  if (visitor.secure) return say('502 TLS is active already');
  if (options.tls !== 'starttls') return say('500 Unknown command');
  return { text: '382 Continue with TLS negotiation', after: 'startTls' };
}

function group(argument: string, visitor: Visitor, { store }: Hall): Reply {
  if (argument === '') return say('501 Syntax is GROUP name');
  const found = store.group(argument);
  if (found === undefined) return say('411 No such newsgroup');
  visitor.group = found;
  visitor.current = found.articles.length > 0 ? 1 : 0;
  return say(`211 ${found.articles.length} ${visitor.current} ${found.articles.length} ${argument}`);
}

function listGroups(_argument: string, _visitor: Visitor, { store }: Hall): Reply {
  const rows = [...store.groups()].map(({ name, articles }) => `${name} ${articles.length} 1 y`);
  return list(['215 List of newsgroups follows', ...rows]);
}

/** BODY, ARTICLE, HEAD and STAT: the same search, different answers. */
function articleCommand(answer: (number: number, article: HostedArticle) => Reply): Command {
  return (argument, visitor, hall) => {
    const found = find(argument, visitor, hall.store);
    if ('text' in found) {
      if (found.text.startsWith('430') || found.text.startsWith('423')) hall.counter.missing++;
      return found;
    }
    if (!argument.startsWith('<')) visitor.current = found.number;
    return answer(argument.startsWith('<') ? 0 : found.number, found.article);
  };
}

function find(
  argument: string,
  visitor: Visitor,
  store: ArticleStore,
): Reply | { number: number; article: HostedArticle } {
  if (argument.startsWith('<')) {
    if (!/^<[\x21-\x3b\x3d\x3f-\x7e]{1,248}>$/.test(argument)) return say('501 Bad message-id');
    const article = store.byId(argument.slice(1, -1));
    return article === undefined ? say('430 No such article') : { number: 0, article };
  }
  if (argument !== '' && !/^\d{1,16}$/.test(argument)) return say('501 Neither a number nor a message-id');
  if (visitor.group === undefined) return say('412 No newsgroup selected');
  if (argument === '' && visitor.current === 0) return say('420 Current article number is invalid');
  const number = argument === '' ? visitor.current : Number(argument);
  const article = store.byNumber(visitor.group, number);
  return article === undefined ? say('423 No article with that number') : { number, article };
}

function date(): Reply {
  return say(`111 ${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}`);
}

function post(_argument: string, _visitor: Visitor, { options }: Hall): Reply {
  if (!options.posting) return say('440 Posting not permitted');
  return { text: '340 Send article to be posted', after: 'receiveArticle' };
}

/** The commands by verb. */
export const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['CAPABILITIES', capabilities],
  ['MODE', mode],
  ['AUTHINFO', authinfo],
  ['STARTTLS', startTls],
  ['GROUP', group],
  ['LIST', listGroups],
  ['BODY', articleCommand((number, article) => ({ text: `222 ${number} <${article.id}>`, article }))],
  [
    'ARTICLE',
    articleCommand((number, article) => ({ text: `220 ${number} <${article.id}>\r\n${article.headers()}`, article })),
  ],
  [
    'HEAD',
    articleCommand((number, article) => list([`221 ${number} <${article.id}>`, article.headers().slice(0, -2)])),
  ],
  ['STAT', articleCommand((number, article) => say(`223 ${number} <${article.id}>`))],
  ['DATE', date],
  ['HELP', () => list(['100 Commands of this test server:', ...commands.keys()])],
  ['POST', post],
  ['QUIT', () => ({ text: '205 Goodbye', after: 'close' })],
]);
