import { openFlags, openReplyFlags } from '../../protocol/flags.js';
import { done, opened, refused } from '../answer.js';
import { entryOf, nodeOf, pathOf } from '../nodes/known.js';
import type { Node } from '../nodes/node.js';
import type { Operation } from '../service.js';
import { closeLater, OpenFile } from './open-file.js';

/**
 * OPEN: a handle of its own for each. Pages of earlier opens are kept while the bytes are the same. FLUSH is not wanted:
 * there is nothing to write back.
 */
export const open: Operation<'open'> = async (service, request, call) => {
  if (!service.isAccepting()) return refused('ESHUTDOWN');
  if (isForWriting(request.flags)) return refused('EROFS');
  const node = nodeOf(service, request.node);
  const entry = await entryOf(service, node, call.signal);
  if (entry.kind !== 'file') return refused('EISDIR');
  const handle = await service.catalog.open(pathOf(service, node), { signal: call.signal });
  const close = () => closeLater(handle, service.logger);
  const keeps = () => keepsPages(node, entry.etag);
  const flags = () => openReplyFlags.NOFLUSH | (keeps() ? openReplyFlags.KEEP_CACHE : 0);
  const taken = () => {
    node.hasBadPages = keeps() && hasBadPages(node, entry.etag);
    node.cachedEtag = entry.etag;
  };
  return opened(service.files, new OpenFile(node, handle, entry), { flags, close, taken });
};

/**
 * Whether the kernel keeps its pages when a file is opened. To drop them it waits for those that are being read, and whoever
 * opens the file cannot even be killed meanwhile (`invalidate_inode_pages2` in `fuse_finish_open`): while a read waits,
 * bad ones stay for a later open. Those of other bytes have been named in a notice already.
 */
function keepsPages(node: Node, etag: string): boolean {
  return node.reads > 0 || !hasBadPages(node, etag);
}

function hasBadPages({ cachedEtag, hasBadPages }: Node, etag: string): boolean {
  return hasBadPages || (cachedEtag !== undefined && cachedEtag !== etag);
}

/**
 * RELEASE: the last of those who shared the handle has closed it. It stays until the last verdict about what was answered:
 * pages nobody could vouch for would have to be forgotten.
 */
export const release: Operation<'release'> = ({ files, logger }, { handle }) => {
  const file = files.get(handle);
  const close = () => {
    if (file !== undefined && files.take(handle) === file) closeLater(file.handle, logger);
  };
  if (file?.isProved) close();
  else void file?.proved().then(close);
  return done;
};

function isForWriting(flags: number): boolean {
  return (flags & openFlags.ACCMODE) !== openFlags.RDONLY || (flags & openFlags.TRUNC) !== 0;
}
