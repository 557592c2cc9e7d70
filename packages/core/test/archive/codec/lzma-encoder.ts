/** A step of LZMA: a byte; a copy from a new distance; a copy from one of the last four; one byte from the last one. */
export type LzmaStep =
  | { readonly do: 'literal'; readonly byte: number }
  | { readonly do: 'match'; readonly distance: number; readonly length: number }
  | { readonly do: 'repeat'; readonly which: 0 | 1 | 2 | 3; readonly length: number }
  | { readonly do: 'short' };

export interface LzmaBits {
  readonly lc: number;
  readonly lp: number;
  readonly pb: number;
}

/** The range encoder of LZMA (lzma-specification.txt describes the other side). */
class RangeEncoder {
  readonly bytes: number[] = [];
  #low = 0n;
  #range = 0xffffffff;
  #cache = 0;
  #pending = 1;

  bit(probabilities: Uint16Array, at: number, bit: number): void {
    const probability = probabilities[at]!;
    const bound = (this.#range >>> 11) * probability;
    if (bit === 0) {
      this.#range = bound;
      probabilities[at] = probability + ((2048 - probability) >> 5);
    } else {
      this.#low += BigInt(bound);
      this.#range -= bound;
      probabilities[at] = probability - (probability >> 5);
    }
    this.#normalize();
  }

  direct(value: number, bits: number): void {
    for (let at = bits - 1; at >= 0; at--) {
      this.#range >>>= 1;
      if (Math.floor(value / 2 ** at) % 2 === 1) this.#low += BigInt(this.#range);
      this.#normalize();
    }
  }

  end(): void {
    for (let at = 0; at < 5; at++) this.#shift();
  }

  #normalize(): void {
    while (this.#range < 2 ** 24) {
      this.#range = this.#range * 256;
      this.#shift();
    }
  }

  #shift(): void {
    if (this.#low < 0xff000000n || this.#low > 0xffffffffn) {
      const carry = Number(this.#low >> 32n);
      for (; this.#pending > 0; this.#pending--) {
        this.bytes.push((this.#cache + carry) & 0xff);
        this.#cache = 0xff;
      }
      this.#cache = Number((this.#low >> 24n) & 0xffn);
    }
    this.#pending++;
    this.#low = (this.#low & 0x00ffffffn) << 8n;
  }
}

const evens = (count: number) => new Uint16Array(count).fill(1024);
const lengthTrees = () => ({ choices: evens(2), low: evens(16 << 3), middle: evens(16 << 3), high: evens(256) });

/** Encodes steps, and keeps what they mean. */
export class LzmaEncoder {
  /** What was said so far. */
  readonly data: number[] = [];
  /** Bytes that went on since the dictionary was reset. */
  #processed = 0;
  #coder = new RangeEncoder();
  #bits: LzmaBits;
  #state = 0;
  #reps = [0, 0, 0, 0];
  #p!: ReturnType<LzmaEncoder['fresh']>;

  constructor(bits: LzmaBits) {
    this.#bits = bits;
    this.resetState(bits);
  }

  fresh(bits: LzmaBits) {
    return {
      isMatch: evens(192),
      isRep: evens(12),
      isRepG0: evens(12),
      isRepG1: evens(12),
      isRepG2: evens(12),
      isRep0Long: evens(192),
      slots: evens(256),
      special: evens(128),
      align: evens(16),
      lengths: lengthTrees(),
      repLengths: lengthTrees(),
      literals: evens(0x300 << (bits.lc + bits.lp)),
    };
  }

  get since(): number {
    return this.#processed;
  }

  resetDictionary(): void {
    this.#processed = 0;
  }

  resetState(bits: LzmaBits): void {
    this.#bits = bits;
    this.#p = this.fresh(bits);
    this.#state = 0;
    this.#reps = [0, 0, 0, 0];
  }

  /** Ends a stream of the range coder and begins the next one. Returns its bytes. */
  flush(): Uint8Array {
    this.#coder.end();
    const bytes = Uint8Array.from(this.#coder.bytes);
    this.#coder = new RangeEncoder();
    return bytes;
  }

  /** Bytes that are not packed, in between. */
  stored(bytes: Uint8Array): void {
    for (const byte of bytes) this.#put(byte);
  }

  /** Distances there are: where the last ones may reach. */
  repeatable(which: number): boolean {
    return this.#reps[which]! < this.#processed;
  }

  step(step: LzmaStep): void {
    const positionState = this.#processed & ((1 << this.#bits.pb) - 1);
    const p = this.#p;
    const at = (this.#state << 4) + positionState;
    this.#coder.bit(p.isMatch, at, step.do === 'literal' ? 0 : 1);
    if (step.do === 'literal') {
      this.#literal(step.byte);
      return;
    }
    this.#coder.bit(p.isRep, this.#state, step.do === 'match' ? 0 : 1);
    if (step.do === 'match') {
      this.#length(p.lengths, step.length, positionState);
      this.#distance(step.distance, step.length);
      this.#reps = [step.distance, ...this.#reps.slice(0, 3)];
      this.#state = this.#state < 7 ? 7 : 10;
      this.#copy(step.distance, step.length);
      return;
    }
    const which = step.do === 'repeat' ? step.which : 0;
    this.#coder.bit(p.isRepG0, this.#state, which === 0 ? 0 : 1);
    if (which === 0) {
      this.#coder.bit(p.isRep0Long, at, step.do === 'short' ? 0 : 1);
      if (step.do === 'short') {
        this.#state = this.#state < 7 ? 9 : 11;
        this.#copy(this.#reps[0]!, 1);
        return;
      }
    } else {
      this.#coder.bit(p.isRepG1, this.#state, which === 1 ? 0 : 1);
      if (which > 1) this.#coder.bit(p.isRepG2, this.#state, which === 2 ? 0 : 1);
    }
    const [distance] = this.#reps.splice(which, 1) as [number];
    this.#reps.unshift(distance);
    const length = step.do === 'repeat' ? step.length : 1;
    this.#length(p.repLengths, length, positionState);
    this.#state = this.#state < 7 ? 8 : 11;
    this.#copy(distance, length);
  }

  /** The mark of the end: a match of the least length at the largest distance. */
  mark(): void {
    const positionState = this.#processed & ((1 << this.#bits.pb) - 1);
    this.#coder.bit(this.#p.isMatch, (this.#state << 4) + positionState, 1);
    this.#coder.bit(this.#p.isRep, this.#state, 0);
    this.#length(this.#p.lengths, 2, positionState);
    this.#distance(0xffffffff, 2);
  }

  #put(byte: number): void {
    this.data.push(byte);
    this.#processed++;
  }

  #copy(distance: number, length: number): void {
    for (let at = 0; at < length; at++) this.#put(this.data[this.data.length - distance - 1]!);
  }

  #literal(byte: number): void {
    const { lc, lp } = this.#bits;
    const before = this.#processed === 0 ? 0 : this.data.at(-1)!;
    const context = ((this.#processed & ((1 << lp) - 1)) << lc) + (before >> (8 - lc));
    const base = 0x300 * context;
    let matched = this.#state >= 7 ? this.data[this.data.length - this.#reps[0]! - 1]! : -1;
    let symbol = 1;
    for (let at = 7; at >= 0; at--) {
      const bit = (byte >> at) & 1;
      const matchedBit = matched < 0 ? -1 : (matched >> at) & 1;
      const offset = matchedBit < 0 ? 0 : 0x100 + (matchedBit << 8);
      this.#coder.bit(this.#p.literals, base + offset + symbol, bit);
      if (matchedBit !== bit) matched = -1;
      symbol = (symbol << 1) | bit;
    }
    const state = this.#state;
    this.#state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
    this.#put(byte);
  }

  #tree(probabilities: Uint16Array, base: number, value: number, bits: number): void {
    let node = 1;
    for (let at = bits - 1; at >= 0; at--) {
      const bit = (value >> at) & 1;
      this.#coder.bit(probabilities, base + node, bit);
      node = (node << 1) | bit;
    }
  }

  #reverseTree(probabilities: Uint16Array, base: number, value: number, bits: number): void {
    let node = 1;
    for (let at = 0; at < bits; at++) {
      const bit = (value >>> at) & 1;
      this.#coder.bit(probabilities, base + node, bit);
      node = (node << 1) | bit;
    }
  }

  #length(trees: ReturnType<typeof lengthTrees>, length: number, positionState: number): void {
    const rest = length - 2;
    this.#coder.bit(trees.choices, 0, rest < 8 ? 0 : 1);
    if (rest >= 8) this.#coder.bit(trees.choices, 1, rest < 16 ? 0 : 1);
    if (rest < 8) this.#tree(trees.low, positionState << 3, rest, 3);
    else if (rest < 16) this.#tree(trees.middle, positionState << 3, rest - 8, 3);
    else this.#tree(trees.high, 0, rest - 16, 8);
  }

  #distance(distance: number, length: number): void {
    const bits = distance < 4 ? 0 : 31 - Math.clz32(distance);
    const slot = distance < 4 ? distance : bits * 2 + ((distance >>> (bits - 1)) & 1);
    this.#tree(this.#p.slots, Math.min(length - 2, 3) << 6, slot, 6);
    if (slot < 4) return;
    const footerBits = (slot >> 1) - 1;
    const base = ((2 | (slot & 1)) << footerBits) >>> 0;
    const rest = distance - base;
    if (slot < 14) {
      this.#reverseTree(this.#p.special, base - slot, rest, footerBits);
      return;
    }
    this.#coder.direct(Math.floor(rest / 16), footerBits - 4);
    this.#reverseTree(this.#p.align, 0, rest % 16, 4);
  }
}

/** A generator of numbers, the same for the same seed. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Steps of every kind until there are `size` bytes more; distances reach back `dictionaryBytes` at most. */
export function randomSteps(
  encoder: LzmaEncoder,
  size: number,
  dictionaryBytes: number,
  random: (below: number) => number,
): void {
  const end = encoder.data.length + size;
  while (encoder.data.length < end) {
    const left = end - encoder.data.length;
    const kind = random(8);
    const length = Math.min(2 + (random(3) === 0 ? random(272) : random(20)), left);
    const reach = Math.min(encoder.since, dictionaryBytes);
    const which = random(4) as 0 | 1 | 2 | 3;
    if (kind < 3 || reach === 0 || left < 2) encoder.step({ do: 'literal', byte: random(random(2) === 0 ? 256 : 4) });
    else if (kind < 5) encoder.step({ do: 'match', distance: distanceWithin(reach, random), length });
    else if (kind < 7 && encoder.repeatable(which)) encoder.step({ do: 'repeat', which, length });
    else if (encoder.repeatable(0)) encoder.step({ do: 'short' });
  }
}

/** Small, large and extreme distances. */
function distanceWithin(reach: number, random: (below: number) => number): number {
  const kind = random(4);
  if (kind === 0) return reach - 1;
  return kind === 1 ? random(reach) : random(Math.min(reach, kind === 2 ? 24 : 2000));
}

/** Properties of LZMA as 7z has them. */
export function lzmaPropertyBytes({ lc, lp, pb }: LzmaBits, dictionaryBytes: number): Uint8Array {
  const bytes = new Uint8Array(5);
  bytes[0] = (pb * 5 + lp) * 9 + lc;
  new DataView(bytes.buffer).setUint32(1, dictionaryBytes, true);
  return bytes;
}

/** A made stream, and what it unpacks to. */
export interface Made {
  readonly packed: Uint8Array;
  readonly data: Uint8Array;
}

/** LZMA of random steps. */
export function madeLzma(size: number, bits: LzmaBits, dictionaryBytes: number, seed: number): Made {
  const encoder = new LzmaEncoder(bits);
  randomSteps(encoder, size, dictionaryBytes, randomNumbers(seed));
  return { packed: encoder.flush(), data: Uint8Array.from(encoder.data) };
}

/** LZMA2 of chunks of all kinds, some of which begin anew. */
export function madeLzma2(
  chunks: number,
  dictionaryBytes: number,
  seed: number,
): Made & { readonly restarts: number[] } {
  const random = randomNumbers(seed);
  const bits = () => {
    const lc = random(5);
    return { lc, lp: random(5 - lc), pb: random(5) };
  };
  let own = bits();
  const encoder = new LzmaEncoder(own);
  const pieces: Uint8Array[] = [];
  const restarts: number[] = [];
  let least = 3;
  for (let at = 0; at < chunks; at++) {
    const isStored = random(4) === 0;
    const size = 1 + random(isStored ? 20_000 : 6000);
    // 0: goes on; 1: new probabilities; 2: new properties too; 3: a new dictionary too.
    const reset = Math.max(least, random(6) === 0 ? 3 : random(3));
    if (reset === 3) {
      encoder.resetDictionary();
      restarts.push(encoder.data.length);
    }
    if (isStored) {
      const isAnew = reset === 3;
      const bytes = Uint8Array.from({ length: size }, () => random(256));
      encoder.stored(bytes);
      pieces.push(Uint8Array.of(isAnew ? 1 : 2, (size - 1) >> 8, (size - 1) & 255), bytes);
      // Repeated distances outlive plain bytes, but not a new dictionary.
      least = isAnew ? 2 : least;
      continue;
    }
    if (reset >= 2) own = bits();
    if (reset >= 1) encoder.resetState(own);
    randomSteps(encoder, size, dictionaryBytes, random);
    const packed = encoder.flush();
    if (packed.length > 65_536) throw new Error('a chunk is too long');
    const control = 0x80 | (reset << 5) | ((size - 1) >> 16);
    const header = [
      control,
      ((size - 1) >> 8) & 255,
      (size - 1) & 255,
      (packed.length - 1) >> 8,
      (packed.length - 1) & 255,
    ];
    pieces.push(Uint8Array.from(reset >= 2 ? [...header, (own.pb * 5 + own.lp) * 9 + own.lc] : header), packed);
    least = 0;
  }
  pieces.push(Uint8Array.of(0));
  return { packed: Buffer.concat(pieces), data: Uint8Array.from(encoder.data), restarts };
}
