import type { Decoders } from '../archive/codec/decoders.js';
import type { CatalogTree } from '../catalog/catalog-tree.js';
import type { FileContent } from '../catalog/file-content.js';
import { ClosedError } from '../errors/index.js';
import type { HealthTarget } from '../health/health-checker.js';
import { type FoundMember, isReadable } from '../import/found-member.js';
import { looksObfuscated } from '../import/naming/looks-obfuscated.js';
import { splitEnding } from '../import/naming/name-ending.js';
import { nameMain } from '../import/naming/name-main.js';
import type { ResolveOptions } from '../import/posted-volume.js';
import type { Release } from '../model/catalog.js';
import type { Nzb } from '../model/nzb.js';
import { safeName } from '../nzb/safe-name.js';
import { abortable } from '../util/signals.js';
import { type ArchiveFindings, ArchiveWork } from './archive-work.js';
import { describeRelease } from './describe-release.js';
import { MemberFile, type MemberOwner } from './member-file.js';
import { largestFile, provisionalName } from './naming.js';
import { PostedBytes } from './posted-bytes.js';
import { PostedFile, type PostedFileOwner } from './posted-file.js';
import type { ReadingHost, ReleaseContent } from './release-content.js';
import { type PlacedFile, ReleaseFolder } from './release-folder.js';
import type { ReleasePasswords } from './release-passwords.js';
import { planWorks, type ReleaseWork } from './release-works.js';

/** Files whose trouble a release tells; of ten thousand, a hundred say enough. */
const mostWarnings = 100;

/** What a release record is made of. */
export interface ReleaseRecordParts {
  readonly id: string;
  readonly nzb: Nzb;
  readonly addedMs: number;
  readonly host: ReadingHost;
  readonly tree: CatalogTree;
  /** Whether archives are opened as files. */
  readonly opensArchives: boolean;
  /** What its archives are opened with. */
  readonly passwords: ReleasePasswords;
  /** Told when the last of its names was removed. */
  readonly emptied: () => void;
  /** Told what has to be done again because what was known of it turned out wrong. */
  readonly contradicted: (work: readonly ReleaseWork[]) => void;
}

/** One release in the library: its files, where they are, and what was odd. */
export class ReleaseRecord implements PostedFileOwner, MemberOwner {
  readonly id: string;
  readonly addedMs: number;
  /** Aborted when the release is gone: nobody needs its sizes any more. */
  readonly gone = new AbortController();
  readonly bytes: readonly PostedBytes[];
  /** Everything that has to be looked at, in the order of the NZB. */
  readonly works: readonly ReleaseWork[];
  /** Whether it was announced; until then nobody outside knows of it. */
  isAnnounced = false;
  readonly #parts: ReleaseRecordParts;
  readonly #posted: readonly PostedFile[];
  readonly #names: string[];
  readonly #lastPaths = new Map<ReleaseContent, string>();
  /** What has a name in the catalog. */
  readonly #named = new Set<FileContent>();
  /** Archives that are being looked at. */
  readonly #inspecting = new Set<Promise<unknown>>();
  /** Why work is not done. */
  readonly #undone = new Map<ReleaseWork, string>();
  #folder: ReleaseFolder | undefined;

  constructor(parts: ReleaseRecordParts) {
    const { files } = parts.nzb;
    const { fetcher } = parts.host;
    this.id = parts.id;
    this.addedMs = parts.addedMs;
    this.#parts = parts;
    const contradicted = (bytes: PostedBytes) => this.contradicted([bytes.index]);
    this.bytes = files.map(
      (nzbFile, index) => new PostedBytes({ nzbFile, index, affinity: this.id, fetcher, contradicted }),
    );
    this.#posted = this.bytes.map((bytes) => new PostedFile(bytes, this, parts.host));
    this.#names = files.map(({ nameHint }, index) => nameHint || provisionalName(index, files.length));
    this.works = parts.opensArchives ? planWorks(this.#posted, this.#names) : this.#posted;
  }

  get decoders(): Decoders {
    return this.#parts.host.decoders;
  }

  /** What its archives are opened with. */
  get passwords(): ReleasePasswords {
    return this.#parts.passwords;
  }

  /** What the release is about: the largest file, or the largest archive. */
  get main(): ReleaseWork | undefined {
    const sized = this.works.map((work) => ({ work, encodedBytes: this.encodedBytes(work) }));
    return largestFile(sized)?.work;
  }

  /** What was posted of something, in encoded bytes. */
  encodedBytes(work: ReleaseWork): number {
    const indexes = work instanceof ArchiveWork ? work.indexes : [work.bytes.index];
    return indexes.reduce((sum, index) => sum + (this.bytes[index]?.nzbFile.encodedBytes ?? 0), 0);
  }

  /** Puts it in the catalog. */
  place(folder: string, name: string): void {
    this.#folder = new ReleaseFolder(this.#parts.tree, { folder, name, id: this.id });
    this.#nameMainFile(name);
    this.#show(this.works.filter((work) => work instanceof PostedFile));
  }

  /** Calls it after the file it is about, when its own name says nothing and that one's does. */
  nameByContents(): void {
    const folder = this.#folder;
    const { main = '' } = this.describe();
    const { stem } = splitEnding(main.slice(main.lastIndexOf('/') + 1));
    if (folder && stem !== '' && looksObfuscated(folder.name) && !looksObfuscated(stem)) folder.rename(safeName(stem));
  }

  /** Takes every name of its files out of the catalog. */
  remove(): void {
    if (this.#named.size === 0) this.#leave();
    else this.#folder?.remove(new Set(this.#named));
  }

  resolved(content: PostedFile): void {
    const { tree } = this.#parts;
    const { nameInArticles, index, nzbFile } = content.bytes;
    this.#undone.delete(content);
    const name = safeName(nameInArticles);
    if (nzbFile.nameHint === '' && name !== '') tree.rename(content, this.#names[index] as string, name);
    else tree.appeared(content);
  }

  /** What was known of these posted files, by their place in the NZB, turned out wrong. */
  contradicted(indexes: readonly number[]): void {
    const again = new Set<ReleaseWork>();
    for (const index of indexes) {
      const posted = this.#posted[index];
      if (posted !== undefined && this.#named.has(posted) && posted.size === undefined) {
        posted.contradicted();
        again.add(posted);
      }
      for (const work of this.works) {
        if (!(work instanceof ArchiveWork) || !work.indexes.includes(index)) continue;
        work.mayConclude = false;
        for (const member of work.members.values()) member.contradicted();
        again.add(work);
      }
    }
    this.#parts.contradicted([...again]);
  }

  changed(content: ReleaseContent, fromVersion: number): void {
    if (content instanceof PostedFile) this.#undone.delete(content);
    this.#parts.tree.changed(content, fromVersion);
  }

  forgotten(content: ReleaseContent): void {
    this.#named.delete(content);
    if (this.#named.size === 0 && this.#inspecting.size === 0) this.#leave();
  }

  async inspected({ signal }: ResolveOptions): Promise<void> {
    await abortable(Promise.allSettled([...this.#inspecting]), signal);
  }

  /** Remembers for how long archives are being looked at. */
  async inspecting<T>(work: Promise<T>): Promise<T> {
    this.#inspecting.add(work);
    try {
      return await work;
    } finally {
      this.#inspecting.delete(work);
    }
  }

  /**
   * What was found in archives: files in them come, change and go accordingly.
   * @returns posted files that are shown from now on and whose sizes are not known yet
   */
  found(work: ArchiveWork, { found, shown, warnings, refusals }: ArchiveFindings): readonly PostedFile[] {
    this.#undone.delete(work);
    work.warnings = warnings;
    work.refusals = refusals;
    work.refused = found.filter((member) => member.kind === 'file' && !isReadable(member));
    const gone = new Map(work.members);
    const placed: PlacedFile[] = [];
    const main = work === this.main ? nameMain(found.filter(isReadable), this.#folder?.name ?? '') : undefined;
    for (const member of found) {
      if (!isReadable(member)) continue;
      gone.delete(member.path);
      const known = work.members.get(member.path);
      if (known === undefined)
        placed.push({ ...this.#member(work, member), ...(main?.file === member ? { path: main.path } : {}) });
      else known.known(member);
    }
    this.#put(placed);
    for (const [index, name] of shown) if (name !== undefined && name !== '') this.#names[index] = name;
    const isHidden = (posted: PostedFile | undefined) => posted !== undefined && !this.#named.has(posted);
    const posted = [...shown.keys()].map((index) => this.#posted[index]).filter(isHidden) as PostedFile[];
    this.#show(posted);
    // Last, so that the folder does not go for want of files.
    this.#drop(work, gone);
    return posted.filter(({ size }) => size === undefined);
  }

  /** Notes why something could not be found out; forgotten once it could. */
  undone(work: ReleaseWork, why: string): void {
    if (this.#undone.has(work) || this.#undone.size < mostWarnings) this.#undone.set(work, why);
  }

  /** The path of one of its files, the last one when it has none; of volumes, the one they would have. */
  pathOf(work: ReleaseWork | MemberFile): string {
    const folder = this.#folder?.path ?? '';
    if (work instanceof ArchiveWork) return `${folder}/${this.nameOf(work.indexes[0] ?? 0)}`;
    const now = this.#parts.tree.pathsOf(work)[0];
    if (now !== undefined) this.#lastPaths.set(work, now);
    const named = work instanceof PostedFile ? `${folder}/${this.nameOf(work.bytes.index)}` : '';
    return now ?? this.#lastPaths.get(work) ?? named;
  }

  /** Name of a posted file. */
  nameOf(index: number): string {
    return this.#names[index] ?? '';
  }

  /** What a health check is to look at. */
  healthTargets(): readonly HealthTarget[] {
    return this.#posted.map((posted) => {
      const { segments, segmentCount } = posted.nzbFile;
      const ids = segments.map((segment) => segment.id);
      return { path: this.pathOf(posted), ids, missingFromNzb: segmentCount - segments.length };
    });
  }

  /** What it was made of. */
  get nzb(): Nzb {
    return this.#parts.nzb;
  }

  /** It as the world sees it now. */
  describe(): Release {
    const { name = '', path = '' } = this.#folder ?? {};
    const works = this.works.filter((work) => work instanceof ArchiveWork);
    const warnings = [...this.nzb.warnings, ...works.flatMap((work) => work.warnings), ...this.#undone.values()];
    const { id, addedMs, nzb } = this;
    const pathOf = (content: PostedFile | MemberFile) => this.pathOf(content);
    return describeRelease({ id, name, path, addedMs, nzb, posted: this.#posted, works, warnings, pathOf });
  }

  /** The file the release is about, where its name says nothing. */
  #nameMainFile(releaseName: string): void {
    const { main } = this;
    if (!(main instanceof PostedFile)) return;
    const { index } = main.bytes;
    const files = this.works.map((work) => ({ work, path: this.nameOf(index), size: this.encodedBytes(work) }));
    const named = nameMain(files, releaseName);
    if (named?.file.work === main) this.#names[index] = named.path;
  }

  #member(
    work: ArchiveWork,
    member: FoundMember & { readonly content: NonNullable<FoundMember['content']> },
  ): PlacedFile {
    const content = new MemberFile(member, this, this.#parts.host);
    work.members.set(member.path, content);
    return { path: member.path, content };
  }

  /** Takes out of the catalog what is not in an archive after all. */
  #drop(work: ArchiveWork, gone: ReadonlyMap<string, MemberFile>): void {
    for (const path of gone.keys()) work.members.delete(path);
    if (gone.size > 0) this.#folder?.remove(new Set(gone.values()));
  }

  #show(posted: readonly PostedFile[]): void {
    this.#put(posted.map((content) => ({ path: this.nameOf(content.bytes.index), content })));
  }

  #put(files: readonly PlacedFile[]): void {
    for (const { content } of files) this.#named.add(content);
    this.#folder?.add(files);
  }

  #leave(): void {
    this.gone.abort(new ClosedError({ what: 'release' }));
    this.#parts.emptied();
  }
}
