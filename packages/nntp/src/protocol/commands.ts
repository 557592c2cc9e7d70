import { isMessageId } from '@newsreel/core/plugin';

/**
 * Commands of RFC 3977, RFC 4643 (AUTHINFO) and RFC 4642 (STARTTLS) as lines ready for the wire. Everything that comes
 * from outside is checked here, so that nothing can start a second command.
 */
export const commands = {
  /** The body of an article. */
  body: (id: string) => `BODY ${bracketed(id)}\r\n`,
  /** Header and body of an article. */
  article: (id: string) => `ARTICLE ${bracketed(id)}\r\n`,
  /** The header of an article. */
  head: (id: string) => `HEAD ${bracketed(id)}\r\n`,
  /** Whether an article is there. */
  stat: (id: string) => `STAT ${bracketed(id)}\r\n`,
  /** The server's time: the cheapest command there is, used as a sign of life. */
  date: 'DATE\r\n',
  /** Says goodbye. */
  quit: 'QUIT\r\n',
  /** Switches a mode-switching server (RFC 3977, section 3.4.2) to readers. */
  modeReader: 'MODE READER\r\n',
  /** What the server can do. */
  capabilities: 'CAPABILITIES\r\n',
  /** What commands the server knows, in its own words. The answer has several lines. */
  help: 'HELP\r\n',
  /** Asks for TLS on this connection. */
  startTls: 'STARTTLS\r\n',
  /** Selects a newsgroup. */
  group: (name: string) => `GROUP ${oneWord(name)}\r\n`,
  /** First half of a login. */
  user: (name: string) => `AUTHINFO USER ${oneLine(name)}\r\n`,
  /** Second half of a login. */
  password: (password: string) => `AUTHINFO PASS ${oneLine(password)}\r\n`,
} as const;

function bracketed(id: string): string {
  if (!isMessageId(id)) throw new RangeError('not a message-id that may be sent to a server');
  return `<${id}>`;
}

function oneWord(text: string): string {
  if (!/^[^\s\0]{1,200}$/.test(text)) throw new RangeError('not a name that may be sent to a server');
  return text;
}

function oneLine(text: string): string {
  // The text itself stays out of the message: it may be a password.
  if (text === '' || /[\r\n\0]/.test(text)) throw new RangeError('not a text that may be sent to a server');
  return text;
}
