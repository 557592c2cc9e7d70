import type { Entry } from '@newsreel/core';
import { modeKinds } from '../../protocol/flags.js';
import type { Attributes } from '../../protocol/messages.js';
import type { Node } from '../nodes/node.js';
import type { Service } from '../service.js';

/** The attributes of an entry. One that is gone from the catalog has no link left. */
export function attributesOf(
  { options }: Pick<Service, 'options'>,
  node: Pick<Node, 'inode'>,
  entry: Pick<Entry, 'kind' | 'size' | 'modifiedMs'>,
  isGone = false,
): Attributes {
  const { uid, gid } = options;
  const { size, modifiedMs } = entry;
  // One link for folders too: `find` takes two for "has no folders in it".
  return { inode: node.inode, size, modifiedMs, mode: modeOf(options, entry.kind), links: isGone ? 0 : 1, uid, gid };
}

function modeOf({ umask, writable }: Service['options'], kind: Entry['kind']): number {
  if (kind === 'file') return modeKinds.file | (0o444 & ~umask);
  return modeKinds.folder | ((writable ? 0o777 : 0o555) & ~umask);
}
