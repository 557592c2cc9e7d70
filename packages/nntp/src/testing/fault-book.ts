import type { Fault, FaultRequest, FaultRule, FaultScript } from './faults.js';

interface Entry {
  readonly rule: FaultRule;
  readonly ids: ReadonlySet<string> | undefined;
  readonly verbs: ReadonlySet<string>;
  readonly dice: () => number;
  left: number;
}

const bodyVerbs: readonly string[] = ['BODY', 'ARTICLE'];
const articleVerbs: readonly string[] = [...bodyVerbs, 'HEAD', 'STAT'];

/** The faults of one server: rules in order, or one script. */
export class FaultBook {
  #entries: Entry[] = [];
  #script: FaultScript | undefined;

  /** Replaces everything. */
  set(faults: readonly FaultRule[] | FaultScript): void {
    this.#script = typeof faults === 'function' ? faults : undefined;
    this.#entries = typeof faults === 'function' ? [] : faults.map(entryOf);
  }

  /** Puts a rule before all others. Returns what takes it out again. */
  add(rule: FaultRule): () => void {
    const entry = entryOf(rule);
    this.#entries.unshift(entry);
    return () => {
      this.#entries = this.#entries.filter((other) => other !== entry);
    };
  }

  /** The fault that strikes this command. */
  strike(request: FaultRequest): Fault | undefined {
    if (this.#entries.length === 0) return this.#script?.(request);
    return this.#entries.find((entry) => strikes(entry, request))?.rule ?? this.#script?.(request);
  }
}

function entryOf(rule: FaultRule): Entry {
  return {
    rule,
    ids: rule.ids === undefined ? undefined : new Set(rule.ids),
    verbs: new Set(rule.verbs ?? (rule.type === 'missing' ? articleVerbs : bodyVerbs)),
    dice: seededDice(rule.seed ?? 1),
    left: rule.times ?? Number.POSITIVE_INFINITY,
  };
}

function strikes(entry: Entry, request: FaultRequest): boolean {
  const { rule, ids, verbs } = entry;
  if (entry.left <= 0 || !verbs.has(request.verb)) return false;
  if (ids !== undefined && (request.id === undefined || !ids.has(request.id))) return false;
  if (rule.when !== undefined && !rule.when(request)) return false;
  if (rule.probability !== undefined && entry.dice() >= rule.probability) return false;
  entry.left--;
  return true;
}

/** Numbers from 0 up to 1, the same for the same seed (a 32-bit mixing counter). */
function seededDice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 0x1_0000_0000;
  };
}
