/**
 * LZMA decoder (LZMA SDK, "lzma-specification.txt") on a memory of its own. LZMA2 is the same with a frame around it, which
 * the TypeScript wrapper reads.
 *
 * Built with --noAssert. The wrapper guarantees: the regions do not overlap; behind the input up to `inputEnd` there are
 * READ_AHEAD bytes that may be read; behind the window there are SLACK bytes, in front of it there is one; `limit` is inside
 * the window. Everything that comes out of the data is checked here: distances against what the window holds, and so every
 * address.
 *
 * The steps of the range decoder are written out wherever a bit is decoded: range, code and place of the input have to be
 * locals, and functions here can give back one value only. Bits that are hard to predict are decoded without a branch.
 */

// ---------------------------------------------------------------------------------------------------------- layout

/** The state between calls: 32-bit words from here on, in the order of the constants below. */
// @ts-ignore: decorator
@inline const STATE: usize = 1024;
/** Address of the state, for the wrapper. */
export const stateAddress: i32 = <i32>STATE;
/** Address of the probabilities; everything behind them belongs to the wrapper. */
// @ts-ignore: decorator
@inline const PROBABILITIES: usize = 4096;
export const probabilitiesAddress: i32 = <i32>PROBABILITIES;

/** Next byte of the input, an address. The wrapper sets it. */
// @ts-ignore: decorator
@inline const AT: usize = STATE;
/** Symbols may begin up to this address: none takes more than 24 bytes. The wrapper sets it. */
// @ts-ignore: decorator
@inline const SAFE: usize = STATE + 4;
/** Address, size, and bytes a distance may reach back, of the window. The wrapper sets them once. */
// @ts-ignore: decorator
@inline const WINDOW: usize = STATE + 8;
// @ts-ignore: decorator
@inline const WINDOW_SIZE: usize = STATE + 12;
// @ts-ignore: decorator
@inline const DICTIONARY: usize = STATE + 16;
/** Where in the window the next byte goes. */
// @ts-ignore: decorator
@inline const POSITION: usize = STATE + 20;
/** How many bytes in front of it may be referred to. */
// @ts-ignore: decorator
@inline const FULL: usize = STATE + 24;
/** Bytes since the dictionary was reset, modulo 2^32. */
// @ts-ignore: decorator
@inline const PROCESSED: usize = STATE + 28;
// @ts-ignore: decorator
@inline const RANGE: usize = STATE + 32;
// @ts-ignore: decorator
@inline const CODE: usize = STATE + 36;
// @ts-ignore: decorator
@inline const KIND: usize = STATE + 40;
// @ts-ignore: decorator
@inline const REP0: usize = STATE + 44;
// @ts-ignore: decorator
@inline const REP1: usize = STATE + 48;
// @ts-ignore: decorator
@inline const REP2: usize = STATE + 52;
// @ts-ignore: decorator
@inline const REP3: usize = STATE + 56;
/** Bytes of a match that did not fit below the limit. */
// @ts-ignore: decorator
@inline const REMAIN: usize = STATE + 60;
// @ts-ignore: decorator
@inline const LITERAL_CONTEXT_BITS: usize = STATE + 64;
// @ts-ignore: decorator
@inline const LITERAL_POSITION_MASK: usize = STATE + 68;
// @ts-ignore: decorator
@inline const POSITION_MASK: usize = STATE + 72;

/** Probabilities, each of two bytes. */
// @ts-ignore: decorator
@inline const IS_MATCH: usize = PROBABILITIES;
// @ts-ignore: decorator
@inline const IS_REP: usize = IS_MATCH + 2 * 192;
// @ts-ignore: decorator
@inline const IS_REP_G0: usize = IS_REP + 2 * 12;
// @ts-ignore: decorator
@inline const IS_REP_G1: usize = IS_REP_G0 + 2 * 12;
// @ts-ignore: decorator
@inline const IS_REP_G2: usize = IS_REP_G1 + 2 * 12;
// @ts-ignore: decorator
@inline const IS_REP0_LONG: usize = IS_REP_G2 + 2 * 12;
// @ts-ignore: decorator
@inline const SLOTS: usize = IS_REP0_LONG + 2 * 192;
// @ts-ignore: decorator
@inline const SPECIAL: usize = SLOTS + 2 * 256;
// @ts-ignore: decorator
@inline const ALIGN: usize = SPECIAL + 2 * 116;
/** Of a length: two choices, then trees of 3 bits for 16 positions twice, then one of 8 bits. */
// @ts-ignore: decorator
@inline const LENGTHS: usize = ALIGN + 2 * 16;
// @ts-ignore: decorator
@inline const REP_LENGTHS: usize = LENGTHS + 2 * 514;
// @ts-ignore: decorator
@inline const LITERALS: usize = REP_LENGTHS + 2 * 516;

/** Bytes the probabilities take with a sum of literal context and literal position bits. */
export function probabilitiesBytes(bits: i32): i32 {
  return <i32>(LITERALS - PROBABILITIES) + ((2 * 0x300) << bits);
}

/** `decode` returns: the limit is reached, or the input used up. */
// @ts-ignore: decorator
@inline const MORE: i32 = 0;
/** `decode` returns: the mark of the end was found. */
// @ts-ignore: decorator
@inline const END: i32 = 1;
/** `decode` returns: the data refers to what is not there. */
// @ts-ignore: decorator
@inline const WRONG: i32 = 2;

// ----------------------------------------------------------------------------------------------------------- resets

/** Forgets what was decoded: the window begins anew. */
export function resetDictionary(): void {
  store<u32>(POSITION, 0);
  store<u32>(FULL, 0);
  store<u32>(PROCESSED, 0);
  store<u8>(<usize>load<u32>(WINDOW) - 1, 0);
}

/** All probabilities even, nothing repeated yet. @param properties numbers of bits of literal context, literal position, position */
export function resetState(literalContextBits: i32, literalPositionBits: i32, positionBits: i32): void {
  store<u32>(LITERAL_CONTEXT_BITS, literalContextBits);
  store<u32>(LITERAL_POSITION_MASK, (1 << literalPositionBits) - 1);
  store<u32>(POSITION_MASK, (1 << positionBits) - 1);
  store<u32>(KIND, 0);
  store<u32>(REP0, 0);
  store<u32>(REP1, 0);
  store<u32>(REP2, 0);
  store<u32>(REP3, 0);
  store<u32>(REMAIN, 0);
  const even = i16x8.splat(1024);
  const end = PROBABILITIES + <usize>probabilitiesBytes(literalContextBits + literalPositionBits);
  for (let at = PROBABILITIES; at < end; at += 16) v128.store(at, even);
}

/** Takes the first 5 bytes of a stream of the range coder. @returns whether they can be such */
export function startRange(): bool {
  const at = <usize>load<u32>(AT);
  store<u32>(RANGE, 0xffffffff);
  store<u32>(CODE, bswap(load<u32>(at, 1)));
  store<u32>(AT, <u32>at + 5);
  return load<u8>(at) == 0 && load<u32>(CODE) != 0xffffffff;
}

/** Takes what belongs to the last symbol. @returns whether the stream of the range coder ends here, with nothing begun */
export function endRange(): bool {
  if (load<u32>(RANGE) < 0x1000000) {
    const at = <usize>load<u32>(AT);
    store<u32>(RANGE, load<u32>(RANGE) << 8);
    store<u32>(CODE, (load<u32>(CODE) << 8) | <u32>load<u8>(at));
    store<u32>(AT, <u32>at + 1);
  }
  return load<u32>(CODE) == 0 && load<u32>(REMAIN) == 0;
}

/** Counts bytes the wrapper put into the window at its position. */
export function stored(length: u32): void {
  const full = load<u32>(FULL) + length;
  const most = load<u32>(DICTIONARY);
  store<u32>(POSITION, load<u32>(POSITION) + length);
  store<u32>(PROCESSED, load<u32>(PROCESSED) + length);
  store<u32>(FULL, full < most ? full : most);
}

/** Goes on at the beginning of the window, whose end is reached. */
export function wrap(): void {
  const window = <usize>load<u32>(WINDOW);
  store<u8>(window - 1, load<u8>(window + <usize>load<u32>(WINDOW_SIZE) - 1));
  store<u32>(POSITION, 0);
}

// ---------------------------------------------------------------------------------------------------------- decoder

/**
 * Decodes into the window up to `limit` (an offset in it), as far as the input goes.
 * @returns MORE, END or WRONG
 */
export function decode(limit: u32): i32 {
  const window = <usize>load<u32>(WINDOW);
  const windowSize = load<u32>(WINDOW_SIZE);
  const dictionary = load<u32>(DICTIONARY);
  const safe = <usize>load<u32>(SAFE);
  const contextBits = load<u32>(LITERAL_CONTEXT_BITS);
  const contextShift = 8 - contextBits;
  const literalMask = load<u32>(LITERAL_POSITION_MASK);
  const positionMask = load<u32>(POSITION_MASK);
  const first = load<u32>(POSITION);
  const full = load<u32>(FULL);
  /** Added to a place in the window it gives the bytes since the reset. */
  const base = load<u32>(PROCESSED) - first;

  let at = <usize>load<u32>(AT);
  let range = load<u32>(RANGE);
  let code = load<u32>(CODE);
  let kind = load<u32>(KIND);
  let rep0 = load<u32>(REP0);
  let rep1 = load<u32>(REP1);
  let rep2 = load<u32>(REP2);
  let rep3 = load<u32>(REP3);
  let remain = load<u32>(REMAIN);
  let position = first;
  let result: i32 = MORE;

  for (;;) {
    if (remain != 0) {
      const room = limit - position;
      const length = remain < room ? remain : room;
      const distance = rep0 + 1;
      let from = window + <usize>position - <usize>distance;
      let to = window + <usize>position;
      const end = to + <usize>length;
      if (position < distance) {
        // The match begins behind, towards the end of the window, and may go on at its beginning.
        from += <usize>windowSize;
        const windowEnd = window + <usize>windowSize;
        while (to < end) {
          store<u8>(to, load<u8>(from));
          to++;
          from++;
          if (from == windowEnd) from = window;
        }
      } else if (distance >= 16) {
        // Blocks may reach beyond the end of the match: what lies there is not used any more, or is slack.
        do {
          v128.store(to, v128.load(from));
          to += 16;
          from += 16;
        } while (to < end);
      } else if (distance == 1) {
        memory.fill(to, load<u8>(from), <usize>length);
      } else if (distance >= 8) {
        do {
          store<u64>(to, load<u64>(from));
          to += 8;
          from += 8;
        } while (to < end);
      } else {
        do {
          store<u8>(to, load<u8>(from));
          to++;
          from++;
        } while (to < end);
      }
      position += length;
      remain -= length;
    }
    if (position >= limit || at > safe) break;

    const positionState = (base + position) & positionMask;
    let address = IS_MATCH + (<usize>((kind << 4) + positionState) << 1);
    let probability = <u32>load<u16>(address);
    if (range < 0x1000000) {
      range <<= 8;
      code = (code << 8) | <u32>load<u8>(at++);
    }
    let bound = (range >> 11) * probability;
    if (code < bound) {
      // A literal.
      range = bound;
      store<u16>(address, <u16>(probability + ((2048 - probability) >> 5)));
      const before = <u32>load<u8>(window + <usize>position - 1);
      const context = (((base + position) & literalMask) << contextBits) + (before >> contextShift);
      const literal = LITERALS + <usize>(context * 0x300) * 2;
      let symbol: u32 = 1;
      if (kind < 7) {
        kind = kind < 4 ? 0 : kind - 3;
        do {
          address = literal + <usize>(symbol << 1);
          probability = <u32>load<u16>(address);
          if (range < 0x1000000) {
            range <<= 8;
            code = (code << 8) | <u32>load<u8>(at++);
          }
          bound = (range >> 11) * probability;
          const isZero = code < bound;
          range = select<u32>(bound, range - bound, isZero);
          code = select<u32>(code, code - bound, isZero);
          store<u16>(address, <u16>(probability - (<u32>(<i32>(probability - select<u32>(2017, 0, isZero)) >> 5))));
          symbol = (symbol << 1) | (<u32>!isZero);
        } while (symbol < 0x100);
      } else {
        kind = kind < 10 ? kind - 3 : kind - 6;
        const back = position > rep0 ? position - rep0 - 1 : position + windowSize - rep0 - 1;
        let matched = <u32>load<u8>(window + <usize>back);
        let offset: u32 = 0x100;
        do {
          matched <<= 1;
          const matchedBit = matched & offset;
          address = literal + <usize>((offset + matchedBit + symbol) << 1);
          probability = <u32>load<u16>(address);
          if (range < 0x1000000) {
            range <<= 8;
            code = (code << 8) | <u32>load<u8>(at++);
          }
          bound = (range >> 11) * probability;
          const isZero = code < bound;
          range = select<u32>(bound, range - bound, isZero);
          code = select<u32>(code, code - bound, isZero);
          store<u16>(address, <u16>(probability - (<u32>(<i32>(probability - select<u32>(2017, 0, isZero)) >> 5))));
          symbol = (symbol << 1) | (<u32>!isZero);
          // The matched byte counts as long as its bits are those decoded.
          offset = select<u32>(offset ^ matchedBit, matchedBit, isZero);
        } while (symbol < 0x100);
      }
      store<u8>(window + <usize>position, <u8>symbol);
      position++;
      continue;
    }

    range -= bound;
    code -= bound;
    store<u16>(address, <u16>(probability - (probability >> 5)));
    address = IS_REP + (<usize>kind << 1);
    probability = <u32>load<u16>(address);
    if (range < 0x1000000) {
      range <<= 8;
      code = (code << 8) | <u32>load<u8>(at++);
    }
    bound = (range >> 11) * probability;
    let lengths = LENGTHS;
    let isNew = false;
    if (code < bound) {
      // A match at a new distance, which comes behind the length.
      range = bound;
      store<u16>(address, <u16>(probability + ((2048 - probability) >> 5)));
      rep3 = rep2;
      rep2 = rep1;
      rep1 = rep0;
      isNew = true;
    } else {
      range -= bound;
      code -= bound;
      store<u16>(address, <u16>(probability - (probability >> 5)));
      lengths = REP_LENGTHS;
      address = IS_REP_G0 + (<usize>kind << 1);
      probability = <u32>load<u16>(address);
      if (range < 0x1000000) {
        range <<= 8;
        code = (code << 8) | <u32>load<u8>(at++);
      }
      bound = (range >> 11) * probability;
      if (code < bound) {
        range = bound;
        store<u16>(address, <u16>(probability + ((2048 - probability) >> 5)));
        address = IS_REP0_LONG + (<usize>((kind << 4) + positionState) << 1);
        probability = <u32>load<u16>(address);
        if (range < 0x1000000) {
          range <<= 8;
          code = (code << 8) | <u32>load<u8>(at++);
        }
        bound = (range >> 11) * probability;
        if (code < bound) {
          // One byte from the last distance.
          range = bound;
          store<u16>(address, <u16>(probability + ((2048 - probability) >> 5)));
          const have = full + (position - first);
          if (rep0 >= have || rep0 >= dictionary) {
            result = WRONG;
            break;
          }
          kind = kind < 7 ? 9 : 11;
          const back = position > rep0 ? position - rep0 - 1 : position + windowSize - rep0 - 1;
          store<u8>(window + <usize>position, load<u8>(window + <usize>back));
          position++;
          continue;
        }
        range -= bound;
        code -= bound;
        store<u16>(address, <u16>(probability - (probability >> 5)));
      } else {
        range -= bound;
        code -= bound;
        store<u16>(address, <u16>(probability - (probability >> 5)));
        let distance: u32;
        address = IS_REP_G1 + (<usize>kind << 1);
        probability = <u32>load<u16>(address);
        if (range < 0x1000000) {
          range <<= 8;
          code = (code << 8) | <u32>load<u8>(at++);
        }
        bound = (range >> 11) * probability;
        if (code < bound) {
          range = bound;
          store<u16>(address, <u16>(probability + ((2048 - probability) >> 5)));
          distance = rep1;
        } else {
          range -= bound;
          code -= bound;
          store<u16>(address, <u16>(probability - (probability >> 5)));
          address = IS_REP_G2 + (<usize>kind << 1);
          probability = <u32>load<u16>(address);
          if (range < 0x1000000) {
            range <<= 8;
            code = (code << 8) | <u32>load<u8>(at++);
          }
          bound = (range >> 11) * probability;
          if (code < bound) {
            range = bound;
            store<u16>(address, <u16>(probability + ((2048 - probability) >> 5)));
            distance = rep2;
          } else {
            range -= bound;
            code -= bound;
            store<u16>(address, <u16>(probability - (probability >> 5)));
            distance = rep3;
            rep3 = rep2;
          }
          rep2 = rep1;
        }
        rep1 = rep0;
        rep0 = distance;
      }
    }

    // The length: short, middle or long.
    let tree: usize;
    let treeSize: u32 = 8;
    address = lengths;
    probability = <u32>load<u16>(address);
    if (range < 0x1000000) {
      range <<= 8;
      code = (code << 8) | <u32>load<u8>(at++);
    }
    bound = (range >> 11) * probability;
    if (code < bound) {
      range = bound;
      store<u16>(address, <u16>(probability + ((2048 - probability) >> 5)));
      tree = lengths + 4 + <usize>(positionState << 4);
      remain = 2;
    } else {
      range -= bound;
      code -= bound;
      store<u16>(address, <u16>(probability - (probability >> 5)));
      address = lengths + 2;
      probability = <u32>load<u16>(address);
      if (range < 0x1000000) {
        range <<= 8;
        code = (code << 8) | <u32>load<u8>(at++);
      }
      bound = (range >> 11) * probability;
      if (code < bound) {
        range = bound;
        store<u16>(address, <u16>(probability + ((2048 - probability) >> 5)));
        tree = lengths + 4 + 256 + <usize>(positionState << 4);
        remain = 10;
      } else {
        range -= bound;
        code -= bound;
        store<u16>(address, <u16>(probability - (probability >> 5)));
        tree = lengths + 4 + 512;
        treeSize = 256;
        remain = 18;
      }
    }
    let symbol: u32 = 1;
    do {
      address = tree + <usize>(symbol << 1);
      probability = <u32>load<u16>(address);
      if (range < 0x1000000) {
        range <<= 8;
        code = (code << 8) | <u32>load<u8>(at++);
      }
      bound = (range >> 11) * probability;
      const isZero = code < bound;
      range = select<u32>(bound, range - bound, isZero);
      code = select<u32>(code, code - bound, isZero);
      store<u16>(address, <u16>(probability - (<u32>(<i32>(probability - select<u32>(2017, 0, isZero)) >> 5))));
      symbol = (symbol << 1) | (<u32>!isZero);
    } while (symbol < treeSize);
    remain += symbol - treeSize;

    if (isNew) {
      // The distance: a slot that gives the two highest bits, then the others.
      kind = kind < 7 ? 7 : 10;
      const lengthState = remain < 6 ? remain - 2 : 3;
      tree = SLOTS + <usize>(lengthState << 7);
      symbol = 1;
      do {
        address = tree + <usize>(symbol << 1);
        probability = <u32>load<u16>(address);
        if (range < 0x1000000) {
          range <<= 8;
          code = (code << 8) | <u32>load<u8>(at++);
        }
        bound = (range >> 11) * probability;
        const isZero = code < bound;
        range = select<u32>(bound, range - bound, isZero);
        code = select<u32>(code, code - bound, isZero);
        store<u16>(address, <u16>(probability - (<u32>(<i32>(probability - select<u32>(2017, 0, isZero)) >> 5))));
        symbol = (symbol << 1) | (<u32>!isZero);
      } while (symbol < 64);
      const slot = symbol - 64;
      if (slot < 4) {
        rep0 = slot;
      } else {
        let bits = (slot >> 1) - 1;
        rep0 = 2 | (slot & 1);
        if (slot < 14) {
          rep0 <<= bits;
          tree = SPECIAL + (<usize>(rep0 - slot) << 1);
        } else {
          bits -= 4;
          do {
            if (range < 0x1000000) {
              range <<= 8;
              code = (code << 8) | <u32>load<u8>(at++);
            }
            range >>= 1;
            code -= range;
            const borrow = 0 - (code >> 31);
            code += range & borrow;
            rep0 = (rep0 << 1) + borrow + 1;
          } while (--bits != 0);
          rep0 <<= 4;
          tree = ALIGN;
          bits = 4;
        }
        // Lowest bit first.
        symbol = 1;
        for (let bit: u32 = 0; bit < bits; bit++) {
          address = tree + <usize>(symbol << 1);
          probability = <u32>load<u16>(address);
          if (range < 0x1000000) {
            range <<= 8;
            code = (code << 8) | <u32>load<u8>(at++);
          }
          bound = (range >> 11) * probability;
          const isZero = code < bound;
          range = select<u32>(bound, range - bound, isZero);
          code = select<u32>(code, code - bound, isZero);
          store<u16>(address, <u16>(probability - (<u32>(<i32>(probability - select<u32>(2017, 0, isZero)) >> 5))));
          symbol = (symbol << 1) | (<u32>!isZero);
          rep0 += <u32>!isZero << bit;
        }
        if (rep0 == 0xffffffff) {
          remain = 0;
          result = END;
          break;
        }
      }
    } else {
      kind = kind < 7 ? 8 : 11;
    }
    const have = full + (position - first);
    if (rep0 >= have || rep0 >= dictionary) {
      remain = 0;
      result = WRONG;
      break;
    }
  }

  const have = full + (position - first);
  store<u32>(AT, <u32>at);
  store<u32>(RANGE, range);
  store<u32>(CODE, code);
  store<u32>(KIND, kind);
  store<u32>(REP0, rep0);
  store<u32>(REP1, rep1);
  store<u32>(REP2, rep2);
  store<u32>(REP3, rep3);
  store<u32>(REMAIN, remain);
  store<u32>(POSITION, position);
  store<u32>(FULL, have < dictionary ? have : dictionary);
  store<u32>(PROCESSED, base + position);
  return result;
}
