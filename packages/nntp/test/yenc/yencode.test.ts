import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type DecodeCursor, lineState } from '../../src/yenc/engine.js';
import { availableEngines, decodeEngine } from '../../src/yenc/engines.js';
import { encode, latin1, noise } from './articles.js';

/** The native addon of npm, as a second opinion. It compiles C++ at install, so it is never a dependency. */
interface Yencode {
  decodeChunk(
    data: Buffer,
    output: Buffer,
    state: string,
  ): { read: number; written: number; ended: number; state: string };
}

function findYencode(): Yencode | undefined {
  const installed = fileURLToPath(new URL('../../../../.cache/tools/node_modules/yencode', import.meta.url));
  try {
    return createRequire(import.meta.url)(process.env['YENCODE_PATH'] ?? installed) as Yencode;
  } catch {
    return undefined;
  }
}

const yencode = findYencode();
const states: Record<string, number> = {
  '': lineState.text,
  '\r': lineState.cr,
  '\r\n': lineState.line,
  '\r\n.': lineState.dot,
  '\r\n.\r': lineState.dotCr,
  '=': lineState.escape,
  '\r\n=': lineState.lineEscape,
};
const stops: Record<number, string> = { 0: 'more', 1: 'control', 2: 'end' };

/** Nasty texts and real ones, the same in every run. */
function* samples(): Generator<{ input: Buffer; line: number }> {
  const alphabet = latin1('\r\n\r\n==..yya\0\t{}');
  for (let seed = 1; seed <= 3000; seed++) {
    const input = Buffer.from(noise(seed % 250, seed).map((byte) => alphabet[byte % alphabet.length] as number));
    yield { input, line: seed % 40 };
  }
  for (let seed = 1; seed <= 300; seed++) {
    const line = 3 + (seed % 200);
    const text = encode(noise(seed * 10, seed), { line }).toString('latin1');
    yield { input: latin1(`${text}${['', '=yend', '.\r\n', '..\r\n', '=\r\n.\r\n'][seed % 5]}`), line };
  }
}

describe.each(availableEngines())('%s beside the npm addon yencode', (name) => {
  const title = 'decodes the same bytes, stops at the same place in the same state';
  if (!yencode) {
    it.skip(`${title} (skipped: install it with test/system/install.sh)`);
    return;
  }
  it(title, () => {
    const engine = decodeEngine(name);
    const output = Buffer.alloc(4096);
    for (const { input, line } of samples()) {
      if (input.length === 0) continue;
      const theirs = yencode.decodeChunk(input, output, '\r\n');
      const target = engine.allocate(input.length);
      const cursor: DecodeCursor = { state: lineState.line, line, written: 0, crc: 0, hashed: 0, folded: 0, at: 0 };
      const stop = engine.decode(cursor, target, input, 0, input.length);
      const ours = { bytes: target.room.subarray(0, cursor.written).toString(), read: cursor.at, stop: stops[stop] };
      const theirStop = theirs.ended ? (theirs.state === '\r\n=y' ? 'control' : 'end') : 'more';
      expect(ours).toEqual({
        bytes: new Uint8Array(output.subarray(0, theirs.written)).toString(),
        read: theirs.read,
        stop: theirStop,
      });
      if (!theirs.ended) expect(cursor.state).toBe(states[theirs.state]);
      target.free();
    }
  });
});
