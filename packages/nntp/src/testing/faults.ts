/** Answers as if the article were not there: 430, or 423 by number. */
export interface MissingFault {
  /** Which fault. */
  readonly type: 'missing';
}

/** Writes a wrong checksum in the `=yend` line; the data are right. */
export interface WrongCrcFault {
  /** Which fault. */
  readonly type: 'wrongCrc';
}

/** Changes one byte of the data; size and checksum lines stay as they were, so only the checksum can tell. */
export interface FlipByteFault {
  /** Which fault. */
  readonly type: 'flipByte';
  /** Where, in encoded characters from the start of the data; the next one that can be changed is taken. @default 300 */
  readonly at?: number | undefined;
}

/** Drops the end of the data, then sends the terminator. */
export interface TruncateFault {
  /** Which fault. */
  readonly type: 'truncate';
  /** Encoded characters of data that are kept. @default half of them */
  readonly keepBytes?: number | undefined;
  /** Whether the `=yend` line (with the original size and checksum) still follows. @default false */
  readonly keepTrailer?: boolean | undefined;
}

/** Leaves the `=yend` line out; the data are complete. */
export interface MissingYendFault {
  /** Which fault. */
  readonly type: 'missingYend';
}

/** Moves the `=ypart` range; data, sizes and checksum stay right. Only who knows the file's map can tell. */
export interface WrongPartOffsetFault {
  /** Which fault. */
  readonly type: 'wrongPartOffset';
  /** By how many bytes begin and end are moved; may be negative. @default 1 */
  readonly shiftBytes?: number | undefined;
}

/** Writes a wrong size. */
export interface WrongSizeFault {
  /** Which fault. */
  readonly type: 'wrongSize';
  /** Which: of the part (`=yend`), or of the file (`=ybegin`). @default 'part' */
  readonly of?: 'part' | 'file' | undefined;
  /** By how many bytes it is wrong. @default 1 */
  readonly byBytes?: number | undefined;
}

/** Sends the body of another article under the id that was asked for. */
export interface WrongArticleFault {
  /** Which fault. */
  readonly type: 'wrongArticle';
  /** Message-id of the article whose body is sent. */
  readonly id: string;
  /** Names the other article in the status line too, as a server that lost count of a pipeline would. @default false */
  readonly named?: boolean | undefined;
}

/** Stops in the middle of the answer and keeps the connection open. */
export interface StallFault {
  /** Which fault. */
  readonly type: 'stall';
  /** Bytes of the answer that are sent, status line included. @default 10000 */
  readonly afterBytes?: number | undefined;
  /** For how long; then it goes on as if nothing had been. @default for ever */
  readonly forMs?: number | undefined;
}

/** Says nothing at all and keeps the connection open. */
export interface StallBeforeReplyFault {
  /** Which fault. */
  readonly type: 'stallBeforeReply';
  /** For how long; then it answers. @default for ever */
  readonly forMs?: number | undefined;
}

/** Sends the whole answer, but slowly. */
export interface TrickleFault {
  /** Which fault. */
  readonly type: 'trickle';
  /** Bytes per second. */
  readonly bytesPerSecond: number;
}

/** Closes the socket in the middle of the answer, or before it. */
export interface DropFault {
  /** Which fault. */
  readonly type: 'drop';
  /** Bytes of the answer that are sent first, status line included; 0 closes before the reply. @default 0 */
  readonly afterBytes?: number | undefined;
  /** How: an orderly end (FIN) or a reset (RST). @default 'end' */
  readonly how?: 'end' | 'reset' | undefined;
}

/** Sends part of the answer, then ends the sending side only; the server keeps reading and never sends again. */
export interface HalfCloseFault {
  /** Which fault. */
  readonly type: 'halfClose';
  /** Bytes of the answer that are sent first, status line included. @default 10000 */
  readonly afterBytes?: number | undefined;
}

/** Answers with one line of your choice instead. */
export interface ReplyFault {
  /** Which fault. */
  readonly type: 'reply';
  /** Code, as 400, 480, 481, 482, 502 or 503. A 281 to AUTHINFO logs the client in. */
  readonly code: number;
  /** Text after the code. @default 'fault' */
  readonly text?: string | undefined;
  /** Closes the connection after it, as 400 and 502 often do. @default false */
  readonly close?: boolean | undefined;
}

/** Puts text around the yEnc part: lines before `=ybegin` and after `=yend`, as some posters do. */
export interface ExtraTextFault {
  /** Which fault. */
  readonly type: 'extraText';
  /** Lines before, without line ends; an empty one is a blank line. */
  readonly before?: readonly string[] | undefined;
  /** Lines after. */
  readonly after?: readonly string[] | undefined;
  /** Blank lines between the data and `=yend`. @default 0 */
  readonly blankLines?: number | undefined;
}

/** Ends lines with LF alone. */
export interface BareLfFault {
  /** Which fault. */
  readonly type: 'bareLf';
  /** Whether the terminator is bare too (`\n.\n`): the article then never ends as RFC 3977 reads it. @default false */
  readonly terminator?: boolean | undefined;
}

/** Sends a line that never ends, until the client leaves. */
export interface EndlessLineFault {
  /** Which fault. */
  readonly type: 'endlessLine';
  /** Whether the endless line is the status line or the first line of the body. @default 'body' */
  readonly in?: 'status' | 'body' | undefined;
  /** Gives up (and stalls) after so many bytes. @default 64 MiB */
  readonly limitBytes?: number | undefined;
}

/** One way for a server to go wrong. */
export type Fault =
  | MissingFault
  | WrongCrcFault
  | FlipByteFault
  | TruncateFault
  | MissingYendFault
  | WrongPartOffsetFault
  | WrongSizeFault
  | WrongArticleFault
  | StallFault
  | StallBeforeReplyFault
  | TrickleFault
  | DropFault
  | HalfCloseFault
  | ReplyFault
  | ExtraTextFault
  | BareLfFault
  | EndlessLineFault;

/** A command as faults see it. */
export interface FaultRequest {
  /** Command in capitals, as `BODY` or `AUTHINFO PASS`. */
  readonly verb: string;
  /** The rest of the line; the password itself is never shown. */
  readonly argument: string;
  /** Message-id without angle brackets of the hosted article it is about, or of the one that is not there. */
  readonly id?: string | undefined;
  /** Number of the connection, counted from 1 in order of arrival. */
  readonly connection: number;
  /** Number of the command on its connection, counted from 1. */
  readonly command: number;
  /** How often BODY or ARTICLE asked for this id, this time included; 0 for other commands. */
  readonly attempt: number;
}

/** When a fault strikes; everything given must hold. */
export interface FaultScope {
  /** Message-ids without angle brackets. @default any */
  readonly ids?: readonly string[] | undefined;
  /** Anything else. @default always */
  readonly when?: ((request: FaultRequest) => boolean) | undefined;
  /** Commands in capitals. @default BODY and ARTICLE; for `missing` also HEAD and STAT */
  readonly verbs?: readonly string[] | undefined;
  /** Strikes at most so many times: 1 is "missing once". @default no limit */
  readonly times?: number | undefined;
  /** How likely it strikes, 0 to 1; the dice are seeded ({@link FaultScope.seed}). @default 1 */
  readonly probability?: number | undefined;
  /** Seed of the dice. @default 1 */
  readonly seed?: number | undefined;
}

/** A fault and when it strikes. The first rule that strikes wins. */
export type FaultRule = Fault & FaultScope;

/** Decides by itself, for every command. Faults of the body do nothing to commands without one. */
export type FaultScript = (request: FaultRequest) => Fault | undefined;
