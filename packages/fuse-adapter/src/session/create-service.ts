import { type AdapterHost, type CatalogEditor, type Clock, ConfigInvalidError } from '@newsreel/core';
import type { FuseDevice } from '../device/device.js';
import type { ResolvedFuseOptions } from '../options.js';
import { HealthMemory } from './attributes/health-memory.js';
import { Changes } from './changes/changes.js';
import { MissingNames } from './changes/missing-names.js';
import { Notices } from './changes/notices.js';
import { Stalls } from './files/stalls.js';
import { Handles } from './handles.js';
import { NodeTable } from './nodes/node-table.js';
import type { Service } from './service.js';
import { Tally } from './tally.js';

/** What a mount is served with. */
export interface SessionParts {
  readonly device: FuseDevice;
  readonly host: AdapterHost;
  readonly options: ResolvedFuseOptions;
  readonly clock: Clock;
}

/** Brings together what requests are answered from. */
export function createService({ device, host, options, clock }: SessionParts, isAccepting: () => boolean): Service {
  const { catalog, events, logger } = host;
  const nodes = new NodeTable();
  const missing = new MissingNames();
  const notices = new Notices(device);
  return {
    options,
    catalog,
    edits: editsFor(options, host),
    logger,
    snapshot: () => host.snapshot(),
    nodes,
    missing,
    notices,
    changes: new Changes({ events, nodes, missing, notices }),
    health: new HealthMemory(events),
    files: new Handles(),
    stalls: new Stalls(clock, options.requestTimeoutMs),
    folders: new Handles(),
    tally: new Tally(),
    generation: Math.floor(clock.wallNow() / 1000),
    isAccepting,
  };
}

/** What a writable mount edits with. @throws ConfigInvalidError when the adapter may not */
export function editsFor({ writable }: ResolvedFuseOptions, { edits }: AdapterHost): CatalogEditor | undefined {
  if (!writable || edits !== undefined) return writable ? edits : undefined;
  const message = "needs the grant 'edits': engine.use(fuse({ writable: true, … }), { grant: ['edits'] })";
  throw new ConfigInvalidError({ what: 'fuse adapter', issues: [{ path: 'writable', message }] });
}
