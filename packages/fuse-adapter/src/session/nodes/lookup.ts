import { hasCode } from '@newsreel/core';
import { maxNameBytes } from '../../protocol/flags.js';
import type { EntryReply } from '../../protocol/messages.js';
import { encodeEntry } from '../../protocol/reply.js';
import { type Answer, refused } from '../answer.js';
import type { Operation, Service } from '../service.js';
import { entryOf, nodeOf, pathIn } from './known.js';
import type { Node } from './node.js';
import { entryReply, tell } from './telling.js';

/** LOOKUP: what a name means. */
export const lookup: Operation<'lookup'> = async (service, { node: id, name }, call) => {
  const { catalog } = service;
  const parent = nodeOf(service, id);
  if (name === '.' || name === '..')
    return themselves(service, name === '.' ? parent : (parent.parent ?? parent), call.signal);
  if (parent.kind !== 'folder') return refused('ENOTDIR');
  if (Buffer.byteLength(name) > maxNameBytes) return refused('ENAMETOOLONG');
  const path = pathIn(service, parent, name);
  const { revision } = catalog;
  try {
    const entry = await catalog.stat(path, { signal: call.signal });
    return tell(service, parent, { entry, name, revision });
  } catch (error) {
    if (hasCode(error, 'ERR_FILE_NOT_FOUND')) return nothing(service, parent, { name, revision });
    throw error;
  }
};

/** `.` and `..`: asked by whoever exports the mount over NFS. */
async function themselves(service: Service, node: Node, signal: AbortSignal): Promise<Answer> {
  const { revision } = service.catalog;
  const entry = await entryOf(service, node, signal);
  const { parent } = node;
  if (parent !== undefined) return tell(service, parent, { entry, name: node.name, revision });
  return { errno: 0, message: (unique) => [encodeEntry(unique, entryReply(service, node, entry, true))] };
}

/** There is nothing of this name, which the kernel may remember until it is told otherwise. */
function nothing(service: Service, parent: Node, found: { name: string; revision: number }): Answer {
  const { catalog, missing, notices, options } = service;
  let entryValidMs = 0;
  return {
    errno: 0,
    message: (unique) => {
      if (catalog.revision === found.revision) entryValidMs = options.negativeValidMs;
      return [encodeEntry(unique, { ...noEntry, entryValidMs })];
    },
    settled: (taken) => {
      const forgotten = taken && entryValidMs > 0 ? missing.add(parent, found.name) : undefined;
      if (forgotten !== undefined) notices.name(forgotten.parent, forgotten.name);
    },
  };
}

/** Node 0: nothing there. */
const noEntry: EntryReply = {
  node: 0,
  generation: 0,
  entryValidMs: 0,
  attributesValidMs: 0,
  attributes: { inode: 0, size: 0, modifiedMs: 0, mode: 0, links: 0, uid: 0, gid: 0 },
};
