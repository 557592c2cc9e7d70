/** What a body says and carries, decoded one byte at a time: slow, and simple enough to be right. */
export interface DecodedBody {
  /** Lines before the data: `=ybegin`, `=ypart`, and text. */
  readonly head: readonly string[];
  /** The `=yend` line; empty when there is none. */
  readonly end: string;
  /** The bytes. */
  readonly bytes: Buffer;
}

/** Undoes the doubling of dots, then yEnc. */
export function decodeBody(wire: Uint8Array): DecodedBody {
  const head: string[] = [];
  const bytes: number[] = [];
  let end = '';
  for (const line of linesOf(wire)) {
    const text = Buffer.from(line).toString('utf8');
    if (/^=y(begin|part) /.test(text)) head.push(text);
    else if (text.startsWith('=yend ')) end = text;
    else if (head.length === 0 || end !== '') head.push(text);
    else decodeLine(line, bytes);
  }
  return { head, end, bytes: Buffer.from(bytes) };
}

/** Decodes encoded lines without control lines. */
export function decodeData(wire: Uint8Array): Buffer {
  const bytes: number[] = [];
  for (const line of linesOf(wire)) decodeLine(line, bytes);
  return Buffer.from(bytes);
}

function decodeLine(line: Uint8Array, bytes: number[]): void {
  let escaped = false;
  for (const char of line) {
    if (!escaped && char === 0x3d) {
      escaped = true;
      continue;
    }
    bytes.push((char - (escaped ? 106 : 42)) & 255);
    escaped = false;
  }
}

/** Lines without CRLF and without the dot that NNTP adds before a dot. */
export function linesOf(wire: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  let start = 0;
  for (let at = 0; at + 1 < wire.length; at++) {
    if (wire[at] !== 0x0d || wire[at + 1] !== 0x0a) continue;
    const line = wire.subarray(start, at);
    lines.push(line[0] === 0x2e ? line.subarray(1) : line);
    start = at + 2;
  }
  return lines;
}
