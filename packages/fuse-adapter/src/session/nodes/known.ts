import { type Entry, hasCode } from '@newsreel/core';
import { Refusal } from '../../errno.js';
import type { Service } from '../service.js';
import type { Node } from './node.js';

/**
 * What the kernel means by a number. ESTALE when it means nothing any more: the kernel then looks the path up anew
 * (`retry_estale` in `fs/namei.c`) and finds what is there now.
 */
export function nodeOf({ nodes }: Pick<Service, 'nodes'>, id: number): Node {
  const node = nodes.get(id);
  if (node === undefined) throw new Refusal('ESTALE');
  return node;
}

/** Its path in the catalog. @throws Refusal ESTALE when it is no longer there */
export function pathOf({ nodes }: Pick<Service, 'nodes'>, node: Node): string {
  const path = nodes.pathOf(node);
  if (path === undefined) throw new Refusal('ESTALE');
  return path;
}

/** The path of a name in a folder. @throws Refusal ESTALE when the folder is no longer there */
export function pathIn(service: Pick<Service, 'nodes'>, folder: Node, name: string): string {
  const path = pathOf(service, folder);
  return path === '/' ? `/${name}` : `${path}/${name}`;
}

/** Its entry as it is now. @throws Refusal ESTALE when something else is at its path, or nothing */
export async function entryOf(service: Service, node: Node, signal: AbortSignal): Promise<Entry> {
  const path = pathOf(service, node);
  let entry: Entry;
  try {
    entry = await service.catalog.stat(path, { signal });
  } catch (error) {
    if (hasCode(error, 'ERR_FILE_NOT_FOUND')) throw new Refusal('ESTALE');
    throw error;
  }
  if (node.entryId !== entry.id && node !== service.nodes.root) throw new Refusal('ESTALE');
  return entry;
}
