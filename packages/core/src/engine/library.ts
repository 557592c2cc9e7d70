import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { KeyDerivation } from '../archive/crypto/key-derivation.js';
import { LibraryView, type LibraryViewOptions } from '../catalog/library-view.js';
import { ClosedError, FileNotFoundError } from '../errors/index.js';
import type { HealthTarget } from '../health/health-checker.js';
import type { AddOptions, AskForPassword, Library, Release } from '../model/catalog.js';
import type { Clock, RequestOptions } from '../model/common.js';
import type { EventSink } from '../model/events.js';
import type { Logger } from '../model/logger.js';
import type { Nzb, NzbInput } from '../model/nzb.js';
import { type ReadNzbOptions, readNzb } from '../nzb/read-nzb.js';
import { parseOptions } from '../util/parse-options.js';
import { releaseName } from './naming.js';
import type { ReadingHost } from './release-content.js';
import { ReleaseInspector } from './release-inspector.js';
import { releasePasswords } from './release-passwords.js';
import { ReleaseRecord } from './release-record.js';

/** What a library is made of. */
export interface LibraryParts extends LibraryViewOptions {
  readonly events: EventSink;
  readonly logger: Logger;
  readonly clock: Clock;
  /** What its files are read with. */
  readonly host: ReadingHost;
  /** Makes keys of passwords. */
  readonly keys: KeyDerivation;
}

/** Files and archives up to which `add` waits for all of them unless told otherwise. */
const resolvesAllUpTo = 32;
/** By shape, because a signal may come from another realm. */
const isSignal = (value: unknown) => typeof value === 'object' && value !== null && 'aborted' in value;

const addSchema = z.strictObject({
  name: z.string().optional(),
  folder: z.string().optional(),
  resolve: z.enum(['all', 'main', 'none']).optional(),
  archives: z.boolean().optional(),
  password: z
    .union([
      z.string(),
      z.array(z.string()).readonly(),
      z.custom<AskForPassword>((value) => typeof value === 'function'),
    ])
    .optional(),
  maxNzbBytes: z.int().positive().optional(),
  signal: z.custom<AbortSignal>(isSignal, 'must be an AbortSignal').optional(),
});

const parseAddOptions = (options: AddOptions) => parseOptions<AddOptions>('add options', addSchema, options);

/** The catalog with its front door. */
export class EngineLibrary extends LibraryView implements Library {
  readonly #parts: LibraryParts;
  readonly #records = new Map<string, ReleaseRecord>();
  readonly #inspector: ReleaseInspector;
  /** Ends the reading of NZBs. */
  readonly #closing = new AbortController();

  constructor(parts: LibraryParts) {
    super(parts);
    this.#parts = parts;
    this.#inspector = new ReleaseInspector(parts);
  }

  async add(input: NzbInput, options: AddOptions = {}): Promise<Release> {
    this.check(options);
    const how = parseAddOptions(options);
    const { name, folder = '/', resolve, signal, maxNzbBytes } = how;
    const nzb = await this.#read(input, { signal, maxBytes: maxNzbBytes });
    this.check(options);
    const record = this.#record(nzb, how);
    record.place(folder, releaseName(name, record.nzb, record.id.slice(0, 8)));
    this.#records.set(record.id, record);
    try {
      const { now, later } = plan(record, resolve);
      await this.#inspector.inspectAll(record, now, { lane: 'import', signal });
      this.check(options);
      if (record.gone.signal.aborted) throw new FileNotFoundError({ path: record.describe().path });
      if (name === undefined) record.nameByContents();
      this.#inspector.follow(record, later);
    } catch (error) {
      record.remove();
      throw error;
    }
    record.isAnnounced = true;
    const release = record.describe();
    this.#parts.events.emit('release:added', { release });
    return release;
  }

  async remove(releaseId: string, options: RequestOptions = {}): Promise<void> {
    this.check(options);
    const record = this.#records.get(releaseId);
    if (record === undefined || !record.isAnnounced) {
      throw new FileNotFoundError({ path: releaseId, message: `There is no release ${releaseId}` });
    }
    record.remove();
  }

  releases(): readonly Release[] {
    return [...this.#records.values()].filter((record) => record.isAnnounced).map((record) => record.describe());
  }

  /** How many releases there are. */
  get releaseCount(): number {
    return this.#records.size;
  }

  /** The files of a release as a health check needs them; `undefined` when there is no such release. */
  healthTargets(releaseId: string): readonly HealthTarget[] | undefined {
    return this.#records.get(releaseId)?.healthTargets();
  }

  protected override async end(): Promise<void> {
    const closed = super.end();
    this.#closing.abort(new ClosedError({ what: 'catalog' }));
    for (const record of this.#records.values()) record.gone.abort(new ClosedError({ what: 'catalog' }));
    await Promise.all([this.#inspector.ended(), closed]);
  }

  async #read(input: NzbInput, options: ReadNzbOptions): Promise<Nzb> {
    const { signal: closing } = this.#closing;
    const signal = options.signal ? AbortSignal.any([options.signal, closing]) : closing;
    return readNzb(input, { ...options, signal });
  }

  #record(nzb: Nzb, options: AddOptions): ReleaseRecord {
    const { host, clock } = this.#parts;
    const record: ReleaseRecord = new ReleaseRecord({
      id: randomUUID(),
      nzb,
      addedMs: clock.wallNow(),
      host,
      tree: this.tree,
      opensArchives: options.archives ?? true,
      passwords: releasePasswords(options, nzb),
      emptied: () => this.#emptied(record),
      contradicted: (works) => this.#inspector.follow(record, works, 'import'),
    });
    return record;
  }

  #emptied(record: ReleaseRecord): void {
    this.#records.delete(record.id);
    if (record.isAnnounced) this.#parts.events.emit('release:removed', { releaseId: record.id });
  }
}

/** What is looked at before `add` ends and what after, the main file or archive first. */
function plan({ main, works }: ReleaseRecord, resolve: AddOptions['resolve']) {
  const ordered = main === undefined ? works : [main, ...works.filter((work) => work !== main)];
  const mode = resolve ?? (works.length <= resolvesAllUpTo ? 'all' : 'main');
  const count = { all: ordered.length, main: 1, none: 0 }[mode];
  return { now: ordered.slice(0, count), later: ordered.slice(count) };
}
