import { Refusal } from './refusal.js';
import { type OpenTag, parseXml } from './xml.js';

/** A property by namespace and local name. */
export interface PropertyName {
  readonly uri: string;
  readonly local: string;
}

/** What a PROPFIND asks for (RFC 4918 section 9.1). */
export type PropfindRequest =
  | { readonly kind: 'all' }
  | { readonly kind: 'names' }
  | { readonly kind: 'named'; readonly names: readonly PropertyName[] };

/** Most properties one request may name: each is answered for each entry. */
const maxProperties = 256;

const root = '{DAV:}propfind';
const list = '{DAV:}prop';

/** Understands a PROPFIND body. No body means all properties. @throws Refusal */
export function parsePropfind(body: Uint8Array): PropfindRequest {
  if (body.length === 0) return { kind: 'all' };
  const reading = new Reading();
  parseXml(body, (tag) => reading.open(tag));
  return reading.result();
}

class Reading {
  readonly #names = new Map<string, PropertyName>();
  readonly #kinds = new Set<'all' | 'names' | 'named'>();

  open(tag: OpenTag): void {
    const depth = tag.within.length;
    if (depth === 0 && !(tag.uri === 'DAV:' && tag.local === 'propfind')) throw malformed();
    if (depth === 1 && tag.uri === 'DAV:') this.#choose(tag.local);
    // Elements nobody knows are skipped (RFC 4918 section 17), as are values inside property names.
    if (depth === 2 && tag.within[0] === root && tag.within[1] === list) this.#name(tag);
  }

  #choose(local: string): void {
    if (local === 'allprop') this.#kinds.add('all');
    if (local === 'propname') this.#kinds.add('names');
    if (local === 'prop') this.#kinds.add('named');
  }

  #name({ uri, local }: OpenTag): void {
    this.#names.set(`{${uri}}${local}`, { uri, local });
    if (this.#names.size > maxProperties) throw new Refusal(400, 'The request names too many properties.');
  }

  result(): PropfindRequest {
    const [kind, second] = this.#kinds;
    if (kind === undefined || second !== undefined) throw malformed();
    return kind === 'named' ? { kind, names: [...this.#names.values()] } : { kind };
  }
}

function malformed(): Refusal {
  return new Refusal(400, 'The request body is not a PROPFIND.');
}
