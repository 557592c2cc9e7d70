import type { ConnectionStats } from './connection-stats.js';
import type { Member } from './member.js';

/** What an account's connections are doing. */
export interface Census {
  /** Sockets that exist: dialling, open and closing. */
  readonly begun: number;
  /** Connections with something in flight. */
  readonly busy: number;
  /** Connections that take commands now. */
  readonly open: number;
  /** Articles that could be asked for now. */
  readonly free: number;
  /** Bytes read from the wire since the start. */
  readonly wireBytes: number;
}

/** What decides how many more articles could be asked for. */
export interface CensusTerms {
  /** Articles to ask for ahead on one connection. */
  readonly depth: number;
  /** Connections the account allows. */
  readonly limit: number;
  /** Whether another connection may be opened while so many are being opened. */
  readonly dials: (dialling: number) => boolean;
}

/** Counts everything in one pass: it is asked for at every article. */
export function takeCensus(members: ReadonlySet<Member>, terms: CensusTerms, stats: ConnectionStats): Census {
  const counts = { begun: 0, busy: 0, open: 0, dialling: 0, free: 0, wireBytes: stats.closedWireBytes };
  for (const member of members) {
    if (member.begun) counts.begun++;
    if (member.busy) counts.busy++;
    counts.wireBytes += member.connection?.wireBytes ?? 0;
    if (member.state === 'closing') continue;
    counts[member.state]++;
    counts.free += Math.max(0, (member.state === 'open' ? terms.depth : 1) - member.bodies);
  }
  if (terms.dials(counts.dialling)) counts.free += Math.max(0, terms.limit - members.size);
  return counts;
}
