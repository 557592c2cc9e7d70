import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { encodeYencPart } from '@newsreel/nntp/testing';

interface PostTarget {
  readonly plainPort: number;
  readonly username: string;
  readonly password: string;
}

/** Posts one file in parts of the given sizes (any sizes, so layouts no posting program makes) and returns its NZB. */
export async function postParts(
  target: PostTarget,
  name: string,
  bytes: Uint8Array,
  partSizes: readonly number[],
): Promise<string> {
  const socket = connect(target.plainPort, '127.0.0.1');
  await once(socket, 'connect');
  const replies = createInterface({ input: socket })[Symbol.asyncIterator]();
  const expect = async (code: string) => {
    const line = String((await replies.next()).value);
    if (!line.startsWith(code)) throw new Error(`expected ${code}, got ${line}`);
  };
  await expect('20');
  await say(socket, `AUTHINFO USER ${target.username}`, expect, '381');
  await say(socket, `AUTHINFO PASS ${target.password}`, expect, '281');
  const segments: string[] = [];
  let start = 0;
  for (const [index, size] of partSizes.entries()) {
    const id = `newsreel-${index + 1}-${Date.now()}@system.test`;
    const place = { number: index + 1, total: partSizes.length, start, fileSize: bytes.length };
    const body = encodeYencPart({ name, bytes: bytes.subarray(start, start + size), place }).bytes;
    await say(socket, 'POST', expect, '340');
    socket.write(
      `From: system test <test@example.test>\r\nNewsgroups: alt.binaries.test\r\nSubject: "${name}" yEnc (${index + 1}/${partSizes.length})\r\nMessage-ID: <${id}>\r\n\r\n`,
    );
    socket.write(body);
    socket.write(body.subarray(-2).equals(Buffer.from('\r\n')) ? '.\r\n' : '\r\n.\r\n');
    await expect('240');
    segments.push(`<segment bytes="${body.length}" number="${index + 1}">${id}</segment>`);
    start += size;
  }
  socket.end('QUIT\r\n');
  await once(socket, 'close');
  return `<?xml version="1.0" encoding="utf-8"?><nzb xmlns="http://www.newzbin.com/DTD/2003/nzb"><file poster="t" date="1700000000" subject="&quot;${name}&quot; yEnc (1/${partSizes.length})"><groups><group>alt.binaries.test</group></groups><segments>${segments.join('')}</segments></file></nzb>`;
}

async function say(socket: Socket, line: string, expect: (code: string) => Promise<void>, code: string): Promise<void> {
  socket.write(`${line}\r\n`);
  await expect(code);
}
