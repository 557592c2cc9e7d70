/**
 * yEnc decoder and CRC-32 for one shared linear memory. Compiled twice (strict and relaxed SIMD) by
 * scripts/build-wasm.mjs; both builds may live on the same memory, because the addresses below are fixed and the tables
 * are equal.
 *
 * Built with --noAssert and without bounds of its own: the TypeScript wrapper guarantees that `source + length + 32`
 * and `target + length + 32` are inside the memory and that the two ranges do not overlap.
 */

// ---------------------------------------------------------------------------------------------------------- layout

/** Where `decode` leaves what does not fit into its return value. */
// @ts-ignore: decorator
@inline const RESULT: usize = 4096;
/** Vector constants: loading one is cheaper than the splat V8 would repeat inside the loop. */
// @ts-ignore: decorator
@inline const CONSTANTS: usize = 4160;
/** 32768 shuffles of 16 bytes: entry m moves the bytes whose bit in m is 0 to the front. */
// @ts-ignore: decorator
@inline const SHUFFLES: usize = 8192;
/** 16 tables of 256 words: CRC-32, slicing by 16. */
// @ts-ignore: decorator
@inline const CRC_TABLES: usize = SHUFFLES + 32768 * 16;
/** Working memory of the long CRC. */
// @ts-ignore: decorator
@inline const CRC_WORK: usize = CRC_TABLES + 16 * 1024;

/** First byte after everything this module keeps in memory. */
export const tablesEnd: i32 = <i32>(CRC_WORK + 65536);
/** Address of the results of `decode`: input consumed up to, output written up to, state (three 32-bit words). */
export const resultAddress: i32 = <i32>RESULT;

// ---------------------------------------------------------------------------------------------------------- states

/** Inside a line. */
// @ts-ignore: decorator
@inline const TEXT: i32 = 0;
/** After CR. */
// @ts-ignore: decorator
@inline const CR: i32 = 1;
/** After CR LF: at the start of a line. */
// @ts-ignore: decorator
@inline const LINE: i32 = 2;
/** After a dot at the start of a line. */
// @ts-ignore: decorator
@inline const DOT: i32 = 3;
/** After dot CR at the start of a line. */
// @ts-ignore: decorator
@inline const DOT_CR: i32 = 4;
/** After `=`. */
// @ts-ignore: decorator
@inline const ESCAPE: i32 = 5;
/** After `=` at the start of a line. */
// @ts-ignore: decorator
@inline const LINE_ESCAPE: i32 = 6;

/** `decode` returns: all input consumed. */
// @ts-ignore: decorator
@inline const MORE: i32 = 0;
/** `decode` returns: stopped after "=y" at the start of a line. */
// @ts-ignore: decorator
@inline const CONTROL: i32 = 1;
/** `decode` returns: stopped after the line ".". */
// @ts-ignore: decorator
@inline const END: i32 = 2;

// ---------------------------------------------------------------------------------------------------------- tables

/** Fills the tables; once per memory. */
export function prepare(): void {
  for (let m: u32 = 0; m < 32768; m++) {
    const entry = SHUFFLES + ((<usize>m) << 4);
    let kept: usize = 0;
    for (let i: u32 = 0; i < 16; i++) {
      if (!((m >> i) & 1)) {
        store<u8>(entry + kept, <u8>i);
        kept++;
      }
    }
    while (kept < 16) {
      store<u8>(entry + kept, 0x80);
      kept++;
    }
  }
  for (let i: u32 = 0; i < 256; i++) {
    let c = i;
    for (let bit = 0; bit < 8; bit++) c = (c >> 1) ^ (c & 1 ? 0xedb88320 : 0);
    store<u32>(CRC_TABLES + ((<usize>i) << 2), c);
  }
  for (let t: u32 = 1; t < 16; t++) {
    for (let i: u32 = 0; i < 256; i++) {
      const c = load<u32>(CRC_TABLES + (((t - 1) << 10) + (i << 2)));
      store<u32>(CRC_TABLES + ((t << 10) + (i << 2)), (c >> 8) ^ load<u32>(CRC_TABLES + ((c & 255) << 2)));
    }
  }
  v128.store(CONSTANTS, i8x16.splat(61)); // '='
  v128.store(CONSTANTS + 16, i8x16.splat(13));
  v128.store(CONSTANTS + 32, i8x16.splat(10));
  v128.store(CONSTANTS + 48, i8x16.splat(42));
  v128.store(CONSTANTS + 64, i8x16.splat(64));
  v128.store(CONSTANTS + 80, i8x16.splat(46)); // '.'
}

// @ts-ignore: decorator
@inline
function shuffle(bytes: v128, index: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i8x16.relaxed_swizzle(bytes, index);
  return i8x16.swizzle(bytes, index);
}

/** Stores the bytes whose bit in `removed` is 0 and returns the new end of the output. Overwrites 16 bytes. */
// @ts-ignore: decorator
@inline
function compact(target: usize, bytes: v128, removed: i32): usize {
  const index = v128.load(SHUFFLES + (<usize>(removed & 0x7fff) << 4));
  v128.store(target, shuffle(bytes, index));
  return target + 16 - <usize>popcnt(removed);
}

/** The lanes of `now`, each moved up by one, with the last lane of `before` in front. */
// @ts-ignore: decorator
@inline
function after(before: v128, now: v128): v128 {
  return i8x16.shuffle(before, now, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
}

// --------------------------------------------------------------------------------------------------------- decoder

/**
 * Decodes `length` bytes at `source` to `target`.
 * @param state where the previous call stopped; LINE for a new body
 * @param line encoded characters per line as `=ybegin` says; 0 to predict nothing. A wrong number costs time only.
 * @returns MORE, CONTROL or END; the results hold the ends of input and output and the new state
 */
export function decode(source: usize, length: usize, target: usize, state: i32, line: usize): i32 {
  const EQUALS = v128.load(CONSTANTS);
  const RETURN = v128.load(CONSTANTS + 16);
  const FEED = v128.load(CONSTANTS + 32);
  const SHIFT = v128.load(CONSTANTS + 48);
  const SHIFT_ESCAPED = v128.load(CONSTANTS + 64);
  const DOTS = v128.load(CONSTANTS + 80);
  const NONE = i64x2.splat(0);

  const end = source + length;
  let at = source;
  let out = target;
  // Lines that were not as predicted, minus lines that were. Prediction stops when it does not pay.
  let misses: i32 = line < 4 ? 64 : 0;

  while (at < end) {
    // Whole lines of the predicted length: look for escapes only, and check afterwards that nothing else was in there.
    if (state == LINE && misses < 8) {
      const whole = line & ~31;
      const rest = line & 31;
      while (end - at > line + 4) {
        let from = at;
        const first = load<u16>(at);
        if ((first & 0xff) == 0x2e) {
          const second = first >> 8;
          if (second == 13 || second == 61) break;
          from++;
        } else if (first == 0x793d) break; // "=y"
        let to = out;
        let before = NONE;
        let bad = NONE;
        const stop = from + whole;
        while (from < stop) {
          const a = v128.load(from);
          const b = v128.load(from, 16);
          const ea = i8x16.eq(a, EQUALS);
          const eb = i8x16.eq(b, EQUALS);
          const pa = after(before, ea);
          const pb = after(ea, eb);
          before = eb;
          bad = v128.or(
            bad,
            v128.or(
              v128.or(v128.or(i8x16.eq(a, RETURN), i8x16.eq(a, FEED)), v128.and(ea, pa)),
              v128.or(v128.or(i8x16.eq(b, RETURN), i8x16.eq(b, FEED)), v128.and(eb, pb)),
            ),
          );
          to = compact(to, i8x16.sub(i8x16.sub(a, SHIFT), v128.and(pa, SHIFT_ESCAPED)), i8x16.bitmask(ea));
          to = compact(to, i8x16.sub(i8x16.sub(b, SHIFT), v128.and(pb, SHIFT_ESCAPED)), i8x16.bitmask(eb));
          from += 32;
        }
        let pending = i8x16.extract_lane_u(before, 15);
        if (rest) {
          // The rest of the line, less than 32 bytes: one or two blocks of which only the first lanes count.
          let left = rest;
          while (left) {
            const count: usize = left < 16 ? left : 16;
            const lanes: i32 = (1 << <i32>count) - 1;
            const a = v128.load(from);
            const ea = i8x16.eq(a, EQUALS);
            const pa = after(before, ea);
            before = ea;
            const escapes = i8x16.bitmask(ea) & lanes;
            const wrong = v128.or(v128.or(i8x16.eq(a, RETURN), i8x16.eq(a, FEED)), v128.and(ea, pa));
            if (i8x16.bitmask(wrong) & lanes) bad = wrong;
            to = compact(to, i8x16.sub(i8x16.sub(a, SHIFT), v128.and(pa, SHIFT_ESCAPED)), escapes) - (16 - count);
            pending = <u8>((escapes >> (<i32>count - 1)) & 1);
            from += count;
            left -= count;
          }
        }
        if (pending) {
          store<u8>(to, load<u8>(from) - 106);
          to++;
          from++;
        }
        if (load<u16>(from) != 0x0a0d || i8x16.bitmask(i8x16.ne(bad, NONE))) {
          misses += 2;
          break;
        }
        misses -= misses > -64 ? 1 : 0;
        at = from + 2;
        out = to;
      }
      // Not as predicted: the exact decoder takes over up to the next start of a line.
    }

    // Blocks of any content, as long as nothing in them or right after them needs a decision on order.
    let exact = true;
    if (state == TEXT || state == CR || state == ESCAPE || state == LINE) {
      const predicting = misses < 8;
      let carry = state == ESCAPE ? i8x16.replace_lane(NONE, 15, -1) : NONE;
      let enter = at < end;
      if (enter) {
        const c = <i32>load<u8>(at);
        // The last decision of the state before: an escaped special, or a dot or escape at the start of a line.
        if (state == ESCAPE) enter = c != 61 && c != 13 && c != 10;
        else if (state == LINE) enter = c != 46 && c != 61;
      }
      while (enter && end - at > 16) {
        const a = v128.load(at);
        const n = v128.load(at, 1);
        const ea = i8x16.eq(a, EQUALS);
        const ca = i8x16.eq(a, RETURN);
        const la = i8x16.eq(a, FEED);
        const en = i8x16.eq(n, EQUALS);
        // "=" before "=", CR or LF; LF before "." or "=".
        const hard = v128.or(
          v128.and(ea, v128.or(en, v128.or(i8x16.eq(n, RETURN), i8x16.eq(n, FEED)))),
          v128.and(la, v128.or(en, i8x16.eq(n, DOTS))),
        );
        if (i8x16.bitmask(hard)) break;
        const pa = after(carry, ea);
        const feeds = i8x16.bitmask(la);
        const removed = i8x16.bitmask(v128.or(ea, v128.or(ca, la)));
        const decoded = i8x16.sub(i8x16.sub(a, SHIFT), v128.and(pa, SHIFT_ESCAPED));
        const to = compact(out, decoded, removed);
        if (feeds != 0 && predicting) {
          // Stop right after the line feed, where prediction can begin again.
          const count = <usize>ctz(feeds) + 1;
          const lanes: i32 = (1 << <i32>count) - 1;
          const afterReturn = count > 1 ? (i8x16.bitmask(ca) >> (<i32>count - 2)) & 1 : state == CR ? 1 : 0;
          out += count - <usize>popcnt(removed & lanes);
          at += count;
          state = afterReturn ? LINE : TEXT;
          exact = false;
          break;
        }
        out = to;
        const last = load<u8>(at, 15);
        state = last == 61 ? ESCAPE : last == 13 ? CR : TEXT;
        if (last == 10 && (load<u8>(at, 14) == 13)) state = LINE;
        carry = ea;
        at += 16;
      }
    }
    if (!exact) continue;

    // Byte by byte, until a block may begin again.
    let bytes: i32 = 16;
    while (at < end) {
      const c = <i32>load<u8>(at);
      at++;
      if (state == ESCAPE || state == LINE_ESCAPE) {
        if (state == LINE_ESCAPE && c == 121) {
          state = LINE;
          return leave(at, out, state, CONTROL);
        }
        store<u8>(out, <u8>(c - 106));
        out++;
        state = c == 13 ? CR : TEXT;
      } else if (c == 13) {
        state = state == DOT ? DOT_CR : CR;
      } else if (c == 10) {
        if (state == DOT_CR) return leave(at, out, LINE, END);
        state = state == CR ? LINE : TEXT;
      } else if (c == 61) {
        state = state == LINE || state == DOT ? LINE_ESCAPE : ESCAPE;
      } else if (c == 46 && state == LINE) {
        state = DOT;
      } else {
        store<u8>(out, <u8>(c - 42));
        out++;
        state = TEXT;
      }
      bytes--;
      if (state == LINE || (bytes <= 0 && (state == TEXT || state == CR))) break;
    }
  }
  return leave(at, out, state, MORE);
}

// @ts-ignore: decorator
@inline
function leave(at: usize, out: usize, state: i32, kind: i32): i32 {
  store<u32>(RESULT, <u32>at);
  store<u32>(RESULT, <u32>out, 4);
  store<u32>(RESULT, <u32>state, 8);
  return kind;
}

// ---------------------------------------------------------------------------------------------------------- CRC-32

/** Bytes of working output per round of the long CRC: stays in the first-level cache. */
// @ts-ignore: decorator
@inline const ROUND: usize = 16384;
/** How far back the longest of the four terms reaches. */
// @ts-ignore: decorator
@inline const REACH: usize = 2400;
/** Below this the table method is faster. */
// @ts-ignore: decorator
@inline const LONG: usize = 6144;

/** CRC-32 (the one of zlib and yEnc) of `length` bytes at `source`, continuing `seed` (0 to begin). */
export function crc32(seed: u32, source: usize, length: usize): u32 {
  if (length < LONG) return ~crcByTable(~seed, source, length);
  return ~crcByXor(~seed, source, length);
}

// @ts-ignore: decorator
@inline
function word(table: usize, byte: u32): u32 {
  return load<u32>(CRC_TABLES + (table << 10) + (<usize>(byte & 255) << 2));
}

function crcByTable(seed: u32, source: usize, length: usize): u32 {
  let c = seed;
  let at = source;
  const end = source + length;
  while (end - at >= 16) {
    const a = load<u32>(at) ^ c;
    const b = load<u32>(at, 4);
    const d = load<u32>(at, 8);
    const e = load<u32>(at, 12);
    c =
      word(15, a) ^ word(14, a >> 8) ^ word(13, a >> 16) ^ word(12, a >> 24) ^
      word(11, b) ^ word(10, b >> 8) ^ word(9, b >> 16) ^ word(8, b >> 24) ^
      word(7, d) ^ word(6, d >> 8) ^ word(5, d >> 16) ^ word(4, d >> 24) ^
      word(3, e) ^ word(2, e >> 8) ^ word(1, e >> 16) ^ word(0, e >> 24);
    at += 16;
  }
  while (at < end) {
    c = (c >> 8) ^ word(0, c ^ load<u8>(at));
    at++;
  }
  return c;
}

/**
 * x^300 + x^155 + x^117 + x^89 + 1 is a multiple of the CRC-32 polynomial (found by search), and stays one when squared
 * six times. So, in steps of 64 bits, the byte at position i may be cancelled by adding it at i + 1160, 1464, 1688 and
 * 2400 without changing the remainder: the message shrinks to its last 2400 bytes with XORs of whole vectors only.
 * (The idea is Chorba's, arXiv 2412.16398.)
 */
function crcByXor(seed: u32, source: usize, length: usize): u32 {
  memory.fill(CRC_WORK, 0, REACH);
  const left = (length - REACH) & ~<usize>63;
  cancel(source, left, seed);
  return remainder(source + left, length - left);
}

/**
 * Cancels `length` bytes, a multiple of 64, of a message that comes piece by piece; `history` (REACH bytes, zeros at
 * the beginning of the message) carries over what they added to the bytes behind them. At least REACH bytes of the
 * message must stay behind for `foldedCrc32`.
 * @param seed what is added to the first four bytes: ~0 for the first piece of a message, 0 for the others
 */
export function fold(history: usize, source: usize, length: usize, seed: u32): void {
  if (!length) return;
  memory.copy(CRC_WORK, history, REACH);
  cancel(source, length, seed);
  memory.copy(history, CRC_WORK, REACH);
}

/** CRC-32 of a message whose beginning was folded into `history`: the rest is REACH to 16384 bytes at `source`. */
export function foldedCrc32(history: usize, source: usize, length: usize): u32 {
  memory.copy(CRC_WORK, history, REACH);
  return ~remainder(source, length);
}

/** Cancels bytes with the history at the start of the working memory, and leaves the new history there. */
function cancel(source: usize, length: usize, seed: u32): void {
  const work = CRC_WORK + REACH;
  let head: v128 = i32x4.replace_lane(i64x2.splat(0), 0, seed);
  let at = source;
  let left = length;
  while (left) {
    const count = left < ROUND ? left : ROUND;
    const end = work + count;
    let to = work;
    while (to < end) {
      v128.store(
        to,
        v128.xor(
          v128.xor(v128.xor(v128.load(at), head), v128.load(to - REACH)),
          v128.xor(v128.xor(v128.load(to - 1160), v128.load(to - 1464)), v128.load(to - 1688)),
        ),
      );
      head = i64x2.splat(0);
      v128.store(
        to,
        v128.xor(
          v128.xor(v128.load(at, 16), v128.load(to - REACH, 16)),
          v128.xor(v128.xor(v128.load(to - 1160, 16), v128.load(to - 1464, 16)), v128.load(to - 1688, 16)),
        ),
        16,
      );
      v128.store(
        to,
        v128.xor(
          v128.xor(v128.load(at, 32), v128.load(to - REACH, 32)),
          v128.xor(v128.xor(v128.load(to - 1160, 32), v128.load(to - 1464, 32)), v128.load(to - 1688, 32)),
        ),
        32,
      );
      v128.store(
        to,
        v128.xor(
          v128.xor(v128.load(at, 48), v128.load(to - REACH, 48)),
          v128.xor(v128.xor(v128.load(to - 1160, 48), v128.load(to - 1464, 48)), v128.load(to - 1688, 48)),
        ),
        48,
      );
      to += 64;
      at += 64;
    }
    left -= count;
    // The last REACH cancelled bytes are the history of the next round.
    memory.copy(CRC_WORK, end - REACH, REACH);
  }
}

/** CRC register after the last `tail` bytes, with what was cancelled into them. */
function remainder(at: usize, tail: usize): u32 {
  const work = CRC_WORK + REACH;
  // What remains: the last bytes plus what was cancelled into them. Nothing after `work` counts as cancelled any more.
  memory.fill(work, 0, tail + 16);
  const folded = CRC_WORK + 32768;
  for (let i: usize = 0; i < tail; i += 16) {
    v128.store(
      folded + i,
      v128.xor(
        v128.xor(v128.load(at + i), v128.load(work + i - REACH)),
        v128.xor(
          v128.xor(v128.load(work + i - 1160), v128.load(work + i - 1464)),
          v128.load(work + i - 1688),
        ),
      ),
    );
  }
  return crcByTable(0, folded, tail);
}
