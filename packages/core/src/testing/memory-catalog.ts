import { createHash } from 'node:crypto';
import type { FileContent } from '../catalog/file-content.js';
import { LibraryView } from '../catalog/library-view.js';
import { pathFrom, placeOf } from '../catalog/paths.js';
import { createEventBus } from '../engine/event-bus.js';
import { silentLogger } from '../engine/logger.js';
import { FileChangedError, FileNotFoundError } from '../errors/index.js';
import type { Catalog, CatalogEditor, FileSegment } from '../model/catalog.js';
import type { ByteRange, Clock, Closeable } from '../model/common.js';
import type { EventBus } from '../model/events.js';
import { systemClock } from '../util/clock.js';
import { type MemoryFileFault, MemoryHandle } from './memory-handle.js';

const defaultPieceBytes = 65_536;

/** How a memory catalog behaves. */
export interface MemoryCatalogOptions {
  /** Longest piece of a stream, and size of the articles its files are told to lie in, in bytes. @default 65,536 */
  readonly pieceBytes?: number | undefined;
  /** Time for delays and dates. @default the machine's own */
  readonly clock?: Clock | undefined;
  /** Date of the files, in milliseconds since 1970. @default 2020-01-01 */
  readonly modifiedMs?: number | undefined;
  /** How many changes are remembered. @default 10,000 */
  readonly history?: number | undefined;
}

/** A read somebody began. */
export interface MemoryCatalogRead {
  /** The file. */
  readonly path: string;
  /** The bytes asked for. */
  readonly range: ByteRange;
  /** The reader's label. */
  readonly label: string | undefined;
}

/** A catalog and editor over bytes in memory, with faults and counts: what adapters are tested against. */
export interface MemoryCatalog extends Catalog, CatalogEditor, Closeable {
  /** Where its changes are announced. */
  readonly events: EventBus;
  /** Handles that are open now. */
  readonly openHandles: number;
  /** Leases and loans' pieces that were not released yet. */
  readonly openLeases: number;
  /** Handles opened since the start. */
  readonly opened: number;
  /** Reads begun since the start, oldest first. */
  readonly reads: readonly MemoryCatalogRead[];
  /** Adds a file, making folders, or replaces its bytes (its version counts up, its ETag changes). */
  put(path: string, bytes: Uint8Array | string): void;
  /** Makes things go wrong with a file from now on; `{}` makes them right again. @throws FileNotFoundError */
  fault(path: string, fault: MemoryFileFault): void;
}

/**
 * Makes a catalog of these files.
 * @example
 * const catalog = memoryCatalog({ '/film/film.mkv': bytes });
 * await adapter.attach(adapterHost(catalog));
 */
export function memoryCatalog(
  files: Readonly<Record<string, Uint8Array | string>> = {},
  options: MemoryCatalogOptions = {},
): MemoryCatalog {
  const catalog = new BytesCatalog(options);
  for (const [path, bytes] of Object.entries(files)) catalog.put(path, bytes);
  return catalog;
}

/** Counts of one catalog. */
class Tally {
  leases = 0;
  opened = 0;
  readonly reads: MemoryCatalogRead[] = [];
}

class BytesCatalog extends LibraryView implements MemoryCatalog {
  readonly events: EventBus;
  readonly #options: MemoryCatalogOptions;
  readonly #tally = new Tally();

  constructor(options: MemoryCatalogOptions) {
    const events = createEventBus(silentLogger);
    super({ events, clock: options.clock, history: options.history });
    this.events = events;
    this.#options = options;
  }

  get openLeases(): number {
    return this.#tally.leases;
  }

  get opened(): number {
    return this.#tally.opened;
  }

  get reads(): readonly MemoryCatalogRead[] {
    return this.#tally.reads;
  }

  put(path: string, bytes: Uint8Array | string): void {
    const own = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes.slice();
    const existing = this.#contentAt(path);
    if (existing !== undefined) {
      existing.replace(own);
      this.tree.changed(existing, existing.version - 1);
      return;
    }
    const { folder, name } = placeOf(path);
    const content = new BytesContent(own, this.#options, this.#tally);
    this.tree.addFiles(this.tree.folderAt(pathFrom(folder)), [{ name, content }]);
  }

  fault(path: string, fault: MemoryFileFault): void {
    const content = this.#contentAt(path);
    if (content === undefined) throw new FileNotFoundError({ path });
    content.fault = fault;
  }

  override async stat(...[path, options]: Parameters<LibraryView['stat']>): ReturnType<LibraryView['stat']> {
    const entry = await super.stat(path, options);
    const error = this.#contentAt(path)?.fault.statError;
    if (error !== undefined) throw error;
    return entry;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #contentAt(path: string): BytesContent | undefined {
    try {
      const node = this.tree.lookUp(path);
      return node.kind === 'file' ? (node.content as BytesContent) : undefined;
    } catch {
      return undefined;
    }
  }
}

class BytesContent implements FileContent {
  fault: MemoryFileFault = {};
  version = 1;
  etag: string;
  readonly identity: string;
  readonly modifiedMs: number;
  #bytes: Uint8Array;
  readonly #options: MemoryCatalogOptions;
  readonly #tally: Tally;

  constructor(bytes: Uint8Array, options: MemoryCatalogOptions, tally: Tally) {
    this.#bytes = bytes;
    this.#options = options;
    this.#tally = tally;
    this.modifiedMs = options.modifiedMs ?? Date.UTC(2020, 0, 1);
    this.etag = etagOf(bytes);
    this.identity = this.etag;
  }

  get size(): number {
    return this.#bytes.length;
  }

  replace(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.version++;
    this.etag = etagOf(bytes);
  }

  async resolve(): Promise<void> {}

  async segments(): Promise<readonly FileSegment[]> {
    const { pieceBytes = defaultPieceBytes } = this.#options;
    const starts = Array.from({ length: Math.ceil(this.size / pieceBytes) }, (_, at) => at * pieceBytes);
    return starts.map((start, at) => ({
      messageId: `${this.etag}.${at + 1}@memory.invalid`,
      range: { start, end: Math.min(start + pieceBytes, this.size) },
      isExact: true,
    }));
  }

  async open({ path, closed }: Parameters<FileContent['open']>[0]): Promise<MemoryHandle> {
    if (this.fault.openError !== undefined) throw this.fault.openError;
    this.#tally.opened++;
    const { version } = this;
    return new MemoryHandle(this.#bytes, {
      check: () => {
        if (this.version !== version) throw new FileChangedError({ path });
      },
      clock: this.#options.clock ?? systemClock,
      pieceBytes: this.#options.pieceBytes ?? defaultPieceBytes,
      fault: () => this.fault,
      leases: (change) => {
        this.#tally.leases += change;
      },
      seen: (read) => void this.#tally.reads.push({ path, ...read }),
      closed,
    });
  }
}

function etagOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}
