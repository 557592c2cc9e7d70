import { accessMasks, maxNameBytes } from '../../protocol/flags.js';
import { encodeAttributes, encodeStatfs } from '../../protocol/reply.js';
import { type Answer, done, refused } from '../answer.js';
import type { OpenFile } from '../files/open-file.js';
import { entryOf, nodeOf } from '../nodes/known.js';
import type { Node } from '../nodes/node.js';
import type { Operation, Service } from '../service.js';
import { attributesOf } from './attributes-of.js';

/**
 * GETATTR. Whoever has a file open may look at it also when it is gone, or nobody has asked yet where it is now: by any
 * handle of it, for fstat(2) comes without one (`fuse_getattr` in `fs/fuse/dir.c`).
 */
export const getattr: Operation<'getattr'> = (service, request, call) => {
  const node = nodeOf(service, request.node);
  const file = service.nodes.pathOf(node) === undefined ? openFile(service, node) : undefined;
  if (file === undefined) return current(service, request.node, call.signal);
  const attributes = attributesOf(service, node, file.entry, true);
  return { errno: 0, message: (unique) => [encodeAttributes(unique, attributes, 0)] };
};

function openFile({ files }: Service, node: Node): OpenFile | undefined {
  for (const file of files) if (file.node === node) return file;
  return undefined;
}

async function current(service: Service, id: number, signal: AbortSignal): Promise<Answer> {
  const { catalog, options } = service;
  const { revision } = catalog;
  const node = nodeOf(service, id);
  const attributes = attributesOf(service, node, await entryOf(service, node, signal));
  return {
    errno: 0,
    message: (unique) => {
      const validMs = catalog.revision === revision ? options.attributesValidMs : 0;
      return [encodeAttributes(unique, attributes, validMs)];
    },
  };
}

/** ACCESS: the kernel checks permissions itself (`default_permissions`); what is left to say is that nothing is written. */
export const access: Operation<'access'> = (service, request) => {
  const node = nodeOf(service, request.node);
  const mayWrite = service.options.writable && node.kind === 'folder';
  return (request.mask & accessMasks.WRITE) !== 0 && !mayWrite ? refused('EROFS') : done;
};

/**
 * STATFS: how many files there are. How much room they take is known to nobody before all sizes are, and none is free:
 * no blocks at all, as `proc` says it, so that `df` leaves it out.
 */
export const statfs: Operation<'statfs'> = ({ snapshot }) => {
  const { files } = snapshot().catalog;
  const reply = { blockBytes: 4096, blocks: 0, freeBlocks: 0, files, freeFiles: 0, maxNameBytes };
  return { errno: 0, message: (unique) => [encodeStatfs(unique, reply)] };
};
