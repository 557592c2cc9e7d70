import { openReplyFlags } from '../../protocol/flags.js';
import { FolderWriter, maxListingBytes } from '../../protocol/folder-writer.js';
import type { FolderItem, RequestOf } from '../../protocol/messages.js';
import { replyHeader } from '../../protocol/reply.js';
import { type Answer, done, opened, refused } from '../answer.js';
import type { Call } from '../in-flight.js';
import { inodeNumber } from '../nodes/inode-number.js';
import { entryOf, nodeOf, pathOf } from '../nodes/known.js';
import type { Node } from '../nodes/node.js';
import { entryReply } from '../nodes/telling.js';
import type { Operation, Service } from '../service.js';
import { FolderListing, firstPlace } from './folder-listing.js';

/** OPENDIR. The kernel keeps the listing, and those of earlier opens unless something has changed in between. */
export const opendir: Operation<'opendir'> = async (service, request, call) => {
  if (!service.isAccepting()) return refused('ESHUTDOWN');
  const node = nodeOf(service, request.node);
  const entry = await entryOf(service, node, call.signal);
  if (entry.kind !== 'folder') return refused('ENOTDIR');
  const listing = new FolderListing({ catalog: service.catalog, node, path: () => pathOf(service, node) });
  const flags = () => openReplyFlags.CACHE_DIR | (node.listingKept ? openReplyFlags.KEEP_CACHE : 0);
  const taken = () => {
    node.listingKept = true;
  };
  return opened(service.folders, listing, { flags, close: () => listing.close(), taken });
};

/** RELEASEDIR. */
export const releasedir: Operation<'releasedir'> = ({ folders }, { handle }) => {
  folders.take(handle)?.close();
  return done;
};

/** READDIR: names. */
export const readdir: Operation<'readdir'> = (service, request, call) => list(service, request, call);

/** READDIRPLUS: names, and for each what LOOKUP would say. */
export const readdirplus: Operation<'readdirplus'> = (service, request, call) => list(service, request, call);

async function list(
  service: Service,
  { op, handle, offset, size }: RequestOf<'readdir' | 'readdirplus'>,
  call: Call,
): Promise<Answer> {
  const listing = service.folders.get(handle);
  if (listing === undefined) return refused('EBADF');
  const plus = op === 'readdirplus';
  let room = Math.min(size, maxListingBytes);
  const isEnough = (name: string) => {
    room -= leastBytes(name, plus);
    return room <= 0;
  };
  await listing.fetch(offset, isEnough, call.signal);
  const told: Node[] = [];
  return {
    errno: 0,
    message: (unique) => {
      const payload = written(service, listing, { offset, size, plus, told });
      return [replyHeader(unique, payload.length), payload];
    },
    settled: (taken) => {
      for (const node of told) {
        if (taken) service.nodes.told(node);
        else service.nodes.dropUnused(node);
      }
    },
  };
}

/** `struct fuse_dirent`, in front of it `struct fuse_entry_out`; a name has at least one byte for each UTF-16 unit. */
function leastBytes(name: string, plus: boolean): number {
  return (plus ? 152 : 24) + name.length;
}

interface Page {
  readonly offset: number;
  readonly size: number;
  readonly plus: boolean;
  /** Gets the nodes that are named. */
  readonly told: Node[];
}

function written(service: Service, listing: FolderListing, { offset, size, plus, told }: Page): Uint8Array {
  const writer = new FolderWriter(size, plus);
  const folder = listing.node;
  const own = [ownName('.', folder, 1), ownName('..', folder.parent ?? folder, firstPlace)];
  for (const item of own.slice(offset)) if (!writer.add(item)) return writer.bytes;
  const { isFresh } = listing;
  for (let place = Math.max(offset, firstPlace); ; place++) {
    const entry = listing.at(place);
    if (entry === undefined) return writer.bytes;
    const { name, kind } = entry;
    const node = plus ? service.nodes.place(folder, name, entry) : undefined;
    const item: FolderItem = {
      name,
      inode: node === undefined ? inodeNumber(entry.id) : node.inode,
      kind,
      nextOffset: place + 1,
      entry: node && entryReply(service, node, entry, isFresh),
    };
    if (!writer.add(item)) {
      if (node !== undefined) service.nodes.dropUnused(node);
      return writer.bytes;
    }
    if (node !== undefined) told.push(node);
  }
}

/** The kernel looks up neither of them: no node. */
function ownName(name: string, { inode }: Node, nextOffset: number): FolderItem {
  return { name, inode, kind: 'folder', nextOffset };
}
