import { Buffer } from 'node:buffer';

/** All of the memory read last. Most text stands in the one buffer sockets read into: a view per line would cost more. */
let view: Buffer = Buffer.alloc(0);

/** `input[start, end)` as text, one character per byte. */
export function latin1(input: Uint8Array, start = 0, end = input.length): string {
  const { buffer, byteOffset } = input;
  if (view.buffer !== buffer) view = Buffer.from(buffer);
  return view.toString('latin1', byteOffset + start, byteOffset + end);
}
