import type { Catalog, CatalogEditor, Logger, Snapshot } from '@newsreel/core';
import type { ResolvedFuseOptions } from '../options.js';
import type { FuseRequest, RequestOf } from '../protocol/messages.js';
import type { Answer } from './answer.js';
import type { HealthMemory } from './attributes/health-memory.js';
import type { Changes } from './changes/changes.js';
import type { MissingNames } from './changes/missing-names.js';
import type { Notices } from './changes/notices.js';
import type { OpenFile } from './files/open-file.js';
import type { Stalls } from './files/stalls.js';
import type { FolderListing } from './folders/folder-listing.js';
import type { Handles } from './handles.js';
import type { Call } from './in-flight.js';
import type { NodeTable } from './nodes/node-table.js';
import type { Tally } from './tally.js';

/** What every request is answered from. */
export interface Service {
  readonly options: ResolvedFuseOptions;
  readonly catalog: Catalog;
  /** Only for a writable mount. */
  readonly edits: CatalogEditor | undefined;
  readonly logger: Logger;
  /** How many files there are, for STATFS. */
  readonly snapshot: () => Pick<Snapshot, 'catalog'>;
  readonly nodes: NodeTable;
  readonly missing: MissingNames;
  readonly notices: Notices;
  readonly changes: Changes;
  readonly health: HealthMemory;
  readonly files: Handles<OpenFile>;
  readonly stalls: Stalls;
  readonly folders: Handles<FolderListing>;
  readonly tally: Tally;
  /** Tells nodes of this mount apart from those of earlier ones with the same numbers. */
  readonly generation: number;
  /** Whether anything may still be opened and read. */
  readonly isAccepting: () => boolean;
}

/** Answers one kind of request. May throw or reject with anything: that becomes an error number. */
export type Operation<Op extends FuseRequest['op']> = (
  service: Service,
  request: RequestOf<Op>,
  call: Call,
) => Answer | Promise<Answer>;
