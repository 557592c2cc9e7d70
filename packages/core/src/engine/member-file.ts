import { createHash } from 'node:crypto';
import { volumesOf } from '../archive/byte-recipe.js';
import type { Decoders } from '../archive/codec/decoders.js';
import { type RecipeParts, recipeSource } from '../archive/recipe-source.js';
import { LayoutUnknownError } from '../errors/index.js';
import type { ReadableMember } from '../import/found-member.js';
import type { ResolveOptions } from '../import/posted-volume.js';
import type { ByteSource } from '../model/byte-source.js';
import type { HeldBytes, PostedBytes } from './posted-bytes.js';
import { type ContentOwner, type ReadingHost, ReleaseContent } from './release-content.js';

/** What a member tells its release. */
export interface MemberOwner extends ContentOwner {
  /** The posted files of the release, by their place in the NZB. */
  readonly bytes: readonly PostedBytes[];
  /** Unpacks what is packed. */
  readonly decoders: Decoders;
  /** Resolves when what is being inspected of the release has been. */
  inspected(options: ResolveOptions): Promise<void>;
}

/** A file inside the archives of a release as content of the catalog. */
export class MemberFile extends ReleaseContent {
  readonly identity: string;
  readonly modifiedMs: number;
  readonly #owner: MemberOwner;
  #member: ReadableMember;
  #volumes: readonly number[];
  /** Whether it is known where its bytes are; not while what was known turned out wrong. */
  #isKnown = true;
  #etag: string | undefined;

  constructor(member: ReadableMember, owner: MemberOwner, host: ReadingHost) {
    super(owner, host);
    this.#owner = owner;
    this.#member = member;
    this.#volumes = volumesOf(member.content);
    const first = owner.bytes[this.#volumes[0] ?? 0]?.nzbFile;
    this.identity = `${first?.segments[0]?.id} ${this.#volumes.length} ${member.path}`;
    const postedMs = first !== undefined && first.postedMs > 0 ? first.postedMs : owner.addedMs;
    this.modifiedMs = member.modifiedMs ?? postedMs;
  }

  /** What is known of it. */
  get member(): ReadableMember {
    return this.#member;
  }

  get size(): number | undefined {
    return this.#isKnown ? this.#member.size : undefined;
  }

  get etag(): string {
    this.#etag ??= this.#makeEtag();
    return this.#etag;
  }

  /** Whether bytes of it lie in a posted file. @param index its place in the NZB */
  isIn(index: number): boolean {
    return this.#volumes.includes(index);
  }

  async resolve(options: ResolveOptions & { readonly path: string }): Promise<void> {
    if (this.#isKnown) return;
    await this.#owner.inspected(options);
    if (!this.#isKnown) throw new LayoutUnknownError({ path: options.path });
  }

  /** Its volumes are not what they were taken for: where its bytes are has to be found out anew. */
  contradicted(): void {
    if (!this.#isKnown) return;
    this.#isKnown = false;
    this.#etag = undefined;
    this.fail();
  }

  /** Where its bytes are was found out anew. */
  known(member: ReadableMember): void {
    this.#member = member;
    this.#volumes = volumesOf(member.content);
    if (this.#isKnown) return;
    this.#isKnown = true;
    this.renewed();
  }

  protected hold(): HeldBytes {
    const held: HeldBytes[] = [];
    const release = () => {
      for (const each of held.splice(0)) each.release();
    };
    const keep = (each: HeldBytes) => {
      held.push(each);
      return each.source;
    };
    try {
      const volumes = new Map(
        this.#volumes.map((index) => [index, keep((this.#owner.bytes[index] as PostedBytes).hold())]),
      );
      const volume = (index: number) => volumes.get(index) as ByteSource;
      const unpacked: RecipeParts['unpacked'] = (recipe, packed) => keep(this.#owner.decoders.hold(recipe, packed));
      return { source: recipeSource(this.#member.content, { volume, unpacked }), release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Made of what determines the bytes: the articles of its volumes, and where in them they are. */
  #makeEtag(): string {
    const hash = createHash('sha256').update(JSON.stringify(this.#member.content));
    for (const index of this.#volumes) hash.update(this.#owner.bytes[index]?.digest ?? '');
    return hash.digest('base64url').slice(0, 27);
  }
}
