import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DecodeCursor, lineState, stopped } from '../../src/yenc/engine.js';
import { availableEngines, decodeEngine } from '../../src/yenc/engines.js';
import type { DecodeEngineName } from '../../src/yenc/port.js';
import { encode, latin1 } from './articles.js';
import { type OracleState, oracleDecode } from './oracle.js';

const stopNames = ['more', 'control', 'end'] as const;

/** Runs an engine over input split as told, in the arena's own input buffer or outside it. */
function run(
  name: DecodeEngineName,
  input: Uint8Array,
  pieces: readonly number[],
  line: number,
  inside: boolean,
  outside: boolean,
) {
  const engine = decodeEngine(name);
  const target = outside ? engine.allocate(17 * 1024 * 1024) : engine.allocate(input.length);
  const cursor: DecodeCursor = { state: lineState.line, line, written: 0, crc: 0, hashed: 0, folded: 0, at: 0 };
  let stop: number = stopped.more;
  let at = 0;
  for (let turn = 0; at < input.length && stop === stopped.more; turn++) {
    const size = Math.max(pieces.length === 0 ? input.length : (pieces[turn % pieces.length] as number), 1);
    let start = at;
    const end = Math.min(input.length, at + size);
    let source = input;
    if (inside) {
      // What stands before and behind the piece must not matter, so it is the nastiest thing there is.
      engine.input.fill(61, 900, 1400 + end - at);
      engine.input.set(input.subarray(at, end), 1000);
      source = engine.input;
      start = 1000;
    }
    const last = start + (end - at);
    while (start < last && stop === stopped.more) {
      stop = engine.decode(cursor, target, source, start, last);
      at += cursor.at - start;
      start = cursor.at;
    }
  }
  engine.hash(cursor, target);
  const bytes = Array.from(target.room.subarray(0, cursor.written));
  const crcHolds = engine.crc32(target.room.subarray(0, cursor.written), 0) === cursor.crc;
  target.free();
  const state = Object.keys(lineState).find((key) => lineState[key as OracleState] === cursor.state);
  return { result: { bytes, consumed: at, stop: stopNames[stop], state }, crcHolds };
}

const splits = fc.oneof(
  fc.constant([]),
  fc.constant([1]),
  fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12, size: 'max' }),
  fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 6, size: 'max' }),
);

/** Every byte that means something, and a few that do not, so that specials meet in all orders. */
const nasty = fc
  .array(fc.constantFrom(...'\r\n\r\n==..yya\0\t{}'), { maxLength: 260, size: 'max' })
  .map((chars) => latin1(chars.join('')));

const injected = fc.constantFrom(
  '\r\n.',
  '==',
  '=\r\n',
  '=\n',
  '\r\n.=y',
  '\r\n.\r',
  '\r',
  '\n',
  '\r\n..',
  '\r\n=a',
  '=y',
  '..',
  '',
);

/** Encoded data as posters write it, with a wrong or right line length, and now and then something forbidden in it. */
const structured = fc
  .record({
    data: fc.uint8Array({ maxLength: 1500, size: 'max' }),
    line: fc.integer({ min: 3, max: 300 }),
    stuff: fc.boolean(),
    careful: fc.boolean(),
    cuts: fc.array(fc.tuple(fc.nat(), injected), { maxLength: 3, size: 'max' }),
    ending: fc.constantFrom('', '=yend', '.\r\n', '.', '\r\n', '=', '=yend size=1\r\n.\r\n'),
  })
  .map(({ data, line, stuff, careful, cuts, ending }) => {
    let text = encode(data, { line, stuff, careful }).toString('latin1') + ending;
    for (const [place, what] of cuts) {
      const at = place % (text.length + 1);
      text = text.slice(0, at) + what + text.slice(at);
    }
    return { input: latin1(text) as Uint8Array, line };
  });

/**
 * Lines of just the length that is declared, as prediction likes them, except for a few characters at their beginning
 * and end, where everything that means something is tried.
 */
const rows = fc
  .record({
    line: fc.integer({ min: 4, max: 140 }),
    edges: fc.array(fc.tuple(edge(), edge(), fc.boolean()), { minLength: 1, maxLength: 8, size: 'max' }),
  })
  .map(({ line, edges }) => {
    const text = edges.map(([head, tail, longer]) => {
      const length = line + (longer ? 1 : 0) + (head.startsWith('.') ? 1 : 0);
      const middle = 'z'.repeat(Math.max(length - head.length - tail.length, 0));
      return `${head}${middle}${tail}\r\n`;
    });
    return { input: latin1(`${text.join('')}tail`) as Uint8Array, line };
  });

function edge() {
  return fc.array(fc.constantFrom(...'==...yz\r\n'), { maxLength: 4, size: 'max' }).map((chars) => chars.join(''));
}

describe.each(availableEngines())('%s against the byte oracle', (name) => {
  it('agrees on adversarial text, however it is split', () => {
    fc.assert(
      fc.property(nasty, splits, fc.integer({ min: 0, max: 40 }), fc.boolean(), (input, pieces, line, inside) => {
        const { result, crcHolds } = run(name, input, pieces, line, inside, false);
        expect(result).toEqual(oracleDecode(input));
        expect(crcHolds).toBe(true);
      }),
      { numRuns: 1500 },
    );
  });

  it('agrees on uniformly random bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 700, size: 'max' }),
        splits,
        fc.integer({ min: 0, max: 200 }),
        (input, pieces, line) => {
          expect(run(name, input, pieces, line, true, false).result).toEqual(oracleDecode(input));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('agrees on encoded data with a right, wrong or missing line length', () => {
    fc.assert(
      fc.property(
        structured,
        splits,
        fc.integer({ min: -2, max: 2 }),
        fc.boolean(),
        ({ input, line }, pieces, off, inside) => {
          const { result, crcHolds } = run(name, input, pieces, Math.max(line + off, 0), inside, false);
          expect(result).toEqual(oracleDecode(input));
          expect(crcHolds).toBe(true);
        },
      ),
      { numRuns: 800 },
    );
  });

  it('agrees on lines of the declared length with anything at their edges', () => {
    fc.assert(
      fc.property(rows, splits, fc.boolean(), ({ input, line }, pieces, inside) => {
        const { result, crcHolds } = run(name, input, pieces, line, inside, false);
        expect(result).toEqual(oracleDecode(input));
        expect(crcHolds).toBe(true);
      }),
      { numRuns: 1500 },
    );
  });

  it('agrees when the output lies outside the arena', () => {
    fc.assert(
      fc.property(structured, splits, ({ input, line }, pieces) => {
        const { result, crcHolds } = run(name, input, pieces, line, false, true);
        expect(result).toEqual(oracleDecode(input));
        expect(crcHolds).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});
