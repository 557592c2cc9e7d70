import type { CatalogTree, NewFile } from '../catalog/catalog-tree.js';
import type { FileContent } from '../catalog/file-content.js';
import type { FolderNode } from '../catalog/path-tree.js';
import { ClosedError } from '../errors/index.js';
import type { HealthTarget } from '../health/health-checker.js';
import type { Release, ReleaseFile } from '../model/catalog.js';
import type { Nzb } from '../model/nzb.js';
import { safeName } from '../nzb/safe-name.js';
import { largestFile, provisionalName } from './naming.js';
import { PostedFile, type PostedFileHost, type PostedFileOwner } from './posted-file.js';

/** Files whose trouble a release tells; of ten thousand, a hundred say enough. */
const mostWarnings = 100;

/** What a release record is made of. */
export interface ReleaseRecordParts {
  readonly id: string;
  readonly nzb: Nzb;
  readonly addedMs: number;
  readonly host: PostedFileHost;
  readonly tree: CatalogTree;
  /** Told when the last of its names was removed. */
  readonly emptied: () => void;
  /** Told when the size of a file turned out wrong and has to be found out anew. */
  readonly contradicted: (content: PostedFile) => void;
}

interface RecordedFile {
  /** Name it was put in the folder by; from its subject, or provisional. */
  readonly name: string;
  readonly isProvisional: boolean;
  lastPath: string;
}

/** One release in the library: its files, where they are, and what was odd. */
export class ReleaseRecord implements PostedFileOwner {
  readonly id: string;
  readonly addedMs: number;
  /** Aborted when the release is gone: nobody needs its sizes any more. */
  readonly gone = new AbortController();
  /** Whether it was announced; until then nobody outside knows of it. */
  isAnnounced = false;
  readonly #parts: ReleaseRecordParts;
  readonly #files: ReadonlyMap<PostedFile, RecordedFile>;
  readonly #named: Set<PostedFile>;
  /** Why files are not listed yet. */
  readonly #unresolved = new Map<PostedFile, string>();
  #folder: FolderNode<FileContent> | undefined;
  #name = '';
  #lastPath = '';

  constructor(parts: ReleaseRecordParts) {
    const { files } = parts.nzb;
    this.id = parts.id;
    this.addedMs = parts.addedMs;
    this.#parts = parts;
    const entries = files.map((file, index): [PostedFile, RecordedFile] => {
      const name = file.nameHint || provisionalName(index, files.length);
      return [new PostedFile(file, this, parts.host), { name, isProvisional: file.nameHint === '', lastPath: '' }];
    });
    this.#files = new Map(entries);
    this.#named = new Set(this.contents);
  }

  /** Its files in the order of the NZB. */
  get contents(): readonly PostedFile[] {
    return [...this.#files.keys()];
  }

  /** Its main file. */
  get main(): PostedFile | undefined {
    const main = largestFile(this.#parts.nzb.files);
    return this.contents.find((content) => content.nzbFile === main);
  }

  /** Puts it in the catalog. */
  place(folder: string, name: string): void {
    const { tree } = this.#parts;
    this.#folder = tree.addRelease({ folder, name, id: this.id });
    this.#name = this.#folder.name;
    tree.addFiles(
      this.#folder,
      [...this.#files].map(([content, { name: wished }]): NewFile => ({ name: wished, content })),
    );
    this.describe();
  }

  /** Takes every name of its files out of the catalog. */
  remove(): void {
    if (this.#folder !== undefined) this.#parts.tree.removeContents(new Set(this.contents), this.#folder);
  }

  resolved(content: PostedFile, nameInArticles: string): void {
    const { tree } = this.#parts;
    this.#unresolved.delete(content);
    const file = this.#files.get(content);
    const name = safeName(nameInArticles);
    if (file?.isProvisional && name !== '') tree.rename(content, file.name, name);
    else tree.appeared(content);
  }

  contradicted(content: PostedFile): void {
    this.#parts.contradicted(content);
  }

  changed(content: PostedFile, fromVersion: number): void {
    this.#unresolved.delete(content);
    this.#parts.tree.changed(content, fromVersion);
  }

  forgotten(content: PostedFile): void {
    this.#named.delete(content);
    if (this.#named.size > 0) return;
    this.gone.abort(new ClosedError({ what: 'release' }));
    this.#parts.emptied();
  }

  /** Notes why the size of a file could not be found out; forgotten once it could. */
  unresolved(content: PostedFile, why: string): void {
    if (this.#unresolved.has(content) || this.#unresolved.size < mostWarnings) this.#unresolved.set(content, why);
  }

  /** The path of one of its files, the last one when it has none. */
  pathOf(content: PostedFile): string {
    const file = this.#files.get(content);
    if (file === undefined) return '';
    file.lastPath = this.#parts.tree.pathsOf(content)[0] ?? file.lastPath;
    return file.lastPath;
  }

  /** What a health check is to look at. */
  healthTargets(): readonly HealthTarget[] {
    return this.contents.map((content) => {
      const { segments, segmentCount } = content.nzbFile;
      const ids = segments.map((segment) => segment.id);
      return { path: this.pathOf(content), ids, missingFromNzb: segmentCount - segments.length };
    });
  }

  /** What it was made of. */
  get nzb(): Nzb {
    return this.#parts.nzb;
  }

  /** It as the world sees it now. */
  describe(): Release {
    const { tree, nzb } = this.#parts;
    if (this.#folder !== undefined && tree.holds(this.#folder)) {
      this.#lastPath = tree.pathOf(this.#folder);
      this.#name = this.#folder.name;
    }
    const files = this.contents.map((content): ReleaseFile => {
      const { nzbFile, size } = content;
      return Object.freeze({
        path: this.pathOf(content),
        encodedBytes: nzbFile.encodedBytes,
        segmentCount: nzbFile.segments.length,
        missingSegments: nzbFile.segmentCount - nzbFile.segments.length,
        size,
      });
    });
    const { id, addedMs } = this;
    const warnings = [...nzb.warnings, ...this.#unresolved.values()];
    return Object.freeze({ id, name: this.#name, path: this.#lastPath, addedMs, files, warnings, meta: nzb.meta });
  }
}
