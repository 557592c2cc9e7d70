import { AccessError, ClosedError, FileNotFoundError, LayoutUnknownError } from '../errors/index.js';
import type {
  Catalog,
  CatalogChange,
  CatalogEditor,
  Entry,
  FileHandle,
  FileSegment,
  ListOptions,
} from '../model/catalog.js';
import type { Clock, RequestOptions } from '../model/common.js';
import type { EventSink } from '../model/events.js';
import type { Logger } from '../model/logger.js';
import { systemClock } from '../util/clock.js';
import { closeAll, closeOnce } from '../util/close-all.js';
import { throwIfAborted } from '../util/signals.js';
import { type CatalogNode, CatalogTree } from './catalog-tree.js';
import type { FileContent } from './file-content.js';
import { OpenHandles } from './open-handles.js';

/** What a library view is made of. */
export interface LibraryViewOptions {
  /** Where changes are announced. */
  readonly events: EventSink;
  /** Where trouble with closing handles is told. */
  readonly logger?: Logger | undefined;
  /** Time. @default the machine's own */
  readonly clock?: Clock | undefined;
  /** How many changes are remembered. @default 10,000 */
  readonly history?: number | undefined;
}

/** The catalog over a tree: looks up, lists, opens and edits, until it is closed. */
export class LibraryView implements Catalog, CatalogEditor {
  /** The names and contents. */
  readonly tree: CatalogTree;
  readonly #handles = new OpenHandles<FileContent>();
  readonly #logger: Logger | undefined;
  #closed = false;

  constructor(options: LibraryViewOptions) {
    this.#logger = options.logger;
    this.tree = new CatalogTree({
      events: options.events,
      clock: options.clock ?? systemClock,
      history: options.history,
      forgotten: (content) => this.#forgotten(content),
    });
  }

  get revision(): number {
    return this.tree.revision;
  }

  /** Handles open now. */
  get openHandles(): number {
    return this.#handles.count;
  }

  async stat(path: string, options: RequestOptions = {}): Promise<Entry> {
    const node = this.#lookUp(path, options);
    if (node.kind === 'file') await this.#settle(node, path, options);
    return this.tree.entry(node);
  }

  async *list(path: string, options: ListOptions = {}): AsyncGenerator<Entry, void, undefined> {
    const folder = this.#lookUp(path, options);
    if (folder.kind !== 'folder') throw new AccessError({ path, message: `${path} is not a folder` });
    for (const node of folder.children.inOrder(options.after)) {
      if (node.kind === 'file' && node.content.size === undefined) continue;
      yield this.tree.entry(node);
      this.check(options);
    }
  }

  async open(path: string, options: RequestOptions = {}): Promise<FileHandle> {
    const node = this.#file(path, options);
    await this.#settle(node, path, options);
    const { signal } = options;
    const handle = await this.#handles.open(node.content, (closed) => node.content.open({ path, closed, signal }));
    try {
      this.#stillThere(node, path, options);
    } catch (error) {
      await handle.close();
      throw error;
    }
    return handle;
  }

  async segments(path: string, options: RequestOptions = {}): Promise<readonly FileSegment[]> {
    const { content } = this.#file(path, options);
    if (content.size === undefined)
      throw new LayoutUnknownError({ path, message: `The size of ${path} is not known yet` });
    return content.segments({ signal: options.signal });
  }

  async *changesSince(revision: number): AsyncGenerator<CatalogChange, void, undefined> {
    this.check({});
    yield* this.tree.changesSince(revision);
  }

  async move(from: string, to: string, options: RequestOptions = {}): Promise<void> {
    this.check(options);
    this.tree.move(from, to);
  }

  async copy(from: string, to: string, options: RequestOptions = {}): Promise<void> {
    this.check(options);
    this.tree.copy(from, to);
  }

  async removePath(path: string, options: RequestOptions = {}): Promise<void> {
    this.check(options);
    this.tree.removePath(path);
  }

  async makeFolder(path: string, options: RequestOptions = {}): Promise<void> {
    this.check(options);
    this.tree.makeFolder(path);
  }

  /** Throws when the view is closed or the caller has given up. @throws ClosedError */
  check(options: RequestOptions): void {
    if (this.#closed) throw new ClosedError({ what: 'catalog' });
    throwIfAborted(options.signal);
  }

  /** Refuses calls from now on and closes every handle. */
  readonly close = closeOnce(() => this.end());

  /** What closing does, once. */
  protected async end(): Promise<void> {
    this.#closed = true;
    await closeAll(this.#handles.all(), this.#logger);
  }

  #lookUp(path: string, options: RequestOptions): CatalogNode {
    this.check(options);
    return this.tree.lookUp(path);
  }

  #file(path: string, options: RequestOptions): CatalogNode & { kind: 'file' } {
    const node = this.#lookUp(path, options);
    if (node.kind !== 'file') throw new AccessError({ path, message: `${path} is a folder` });
    return node;
  }

  async #settle(node: CatalogNode & { kind: 'file' }, path: string, options: RequestOptions): Promise<void> {
    if (node.content.size !== undefined) return;
    await node.content.resolve({ path, signal: options.signal });
    this.#stillThere(node, path, options);
  }

  #stillThere(node: CatalogNode, path: string, options: RequestOptions): void {
    this.check(options);
    if (!this.tree.holds(node)) throw new FileNotFoundError({ path });
  }

  #forgotten(content: FileContent): void {
    content.forgotten?.();
    for (const handle of this.#handles.of(content)) void handle.close();
  }
}
