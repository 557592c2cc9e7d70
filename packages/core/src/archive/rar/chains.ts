import { byHint, type Candidate, grouped } from './volume-links.js';

/** Volumes that follow each other, as the members show that go on from one to the next. */
export type Chain = readonly Candidate[];

/** Makes chains of volumes and puts them in order. Where all have numbers in their headers there is only one. */
export function chainsOf(candidates: readonly Candidate[]): Chain[] {
  if (candidates.every(({ volume }) => volume.number !== undefined)) return [[...candidates].sort(byHint)];
  return new Links(candidates).chains().sort(byPlace);
}

/** The one that begins the set first, the one that ends it last, by number between. */
function byPlace(a: Chain, b: Chain): number {
  const rank = (chain: Chain) => {
    if ((chain[0] as Candidate).volume.isFirst) return 0;
    return (chain.at(-1) as Candidate).volume.hasNext === false ? 2 : 1;
  };
  return rank(a) - rank(b) || byHint(a[0] as Candidate, b[0] as Candidate);
}

class Links {
  /** Volumes not yet in a chain. */
  readonly #left: Set<Candidate>;
  /** Volumes a member goes through from end to end, in order. */
  readonly #middles: Map<string | undefined, Candidate[]>;
  /** Volumes a member comes to its end in. */
  readonly #ends: Map<string | undefined, Candidate[]>;

  constructor(candidates: readonly Candidate[]) {
    const sorted = [...candidates].sort(byHint);
    this.#left = new Set(sorted);
    const linked = sorted.filter(({ head }) => head !== undefined);
    this.#middles = grouped(
      linked.filter(({ head, tail }) => head === tail),
      headOf,
    );
    this.#ends = grouped(
      linked.filter(({ head, tail }) => head !== tail),
      headOf,
    );
  }

  chains(): Chain[] {
    const chains: Chain[] = [];
    const begin = (candidate: Candidate) => {
      if (this.#left.has(candidate)) chains.push(this.#from(candidate));
    };
    const waiting = [...this.#left];
    for (const candidate of waiting) if (candidate.head === undefined) begin(candidate);
    // What is left begins in a volume that is missing: an end before middles would leave those alone.
    for (const candidate of waiting) if (candidate.head === candidate.tail) begin(candidate);
    for (const candidate of waiting) begin(candidate);
    return chains;
  }

  #from(first: Candidate): Chain {
    const chain = [first];
    this.#left.delete(first);
    for (let { tail } = first; tail !== undefined; ) {
      chain.push(...this.#take(this.#middles.get(tail) ?? []));
      const [end] = this.#take(this.#ends.get(tail) ?? [], 1);
      if (end === undefined) break;
      chain.push(end);
      tail = end.tail;
    }
    return chain;
  }

  #take(candidates: readonly Candidate[], most = Number.POSITIVE_INFINITY): Candidate[] {
    const taken = candidates.filter((candidate) => this.#left.has(candidate)).slice(0, most);
    for (const candidate of taken) this.#left.delete(candidate);
    return taken;
  }
}

const headOf = ({ head }: Candidate) => head;
