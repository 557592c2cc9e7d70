import { openFlags, openReplyFlags } from '../../protocol/flags.js';
import { done, opened, refused } from '../answer.js';
import { entryOf, nodeOf, pathOf } from '../nodes/known.js';
import type { Operation } from '../service.js';
import { closeLater } from './open-file.js';

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
  const isSame = node.cachedEtag === entry.etag;
  const flags = openReplyFlags.NOFLUSH | (isSame ? openReplyFlags.KEEP_CACHE : 0);
  const close = () => closeLater(handle, service.logger);
  const taken = () => {
    node.cachedEtag = entry.etag;
  };
  return opened(service.files, { node, handle, entry }, { flags, close, taken });
};

/** RELEASE: the last of those who shared the handle has closed it. */
export const release: Operation<'release'> = ({ files, logger }, { handle }) => {
  const file = files.take(handle);
  if (file !== undefined) closeLater(file.handle, logger);
  return done;
};

function isForWriting(flags: number): boolean {
  return (flags & openFlags.ACCMODE) !== openFlags.RDONLY || (flags & openFlags.TRUNC) !== 0;
}
