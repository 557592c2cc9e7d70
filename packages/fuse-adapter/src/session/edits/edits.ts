import { type CatalogEditor, type Entry, hasCode } from '@newsreel/core';
import { Refusal } from '../../errno.js';
import { maxNameBytes, renameFlags } from '../../protocol/flags.js';
import type { RequestOf } from '../../protocol/messages.js';
import { type Answer, done, refused } from '../answer.js';
import type { Call } from '../in-flight.js';
import { nodeOf, pathIn } from '../nodes/known.js';
import type { Node } from '../nodes/node.js';
import { tell } from '../nodes/telling.js';
import type { Operation, Service } from '../service.js';

/** A name in a folder the kernel means. */
interface Place {
  readonly parent: Node;
  readonly name: string;
  readonly path: string;
}

/** MKDIR. */
export const mkdir: Operation<'mkdir'> = async (service, request, call) => {
  const edits = editorOf(service);
  const place = placeOf(service, request.node, request.name);
  const { path, parent, name } = place;
  if ((await entryAt(service, place, call)) !== undefined) return refused('EEXIST');
  await edits.makeFolder(path, { signal: call.signal });
  const { revision } = service.catalog;
  const entry = await service.catalog.stat(path, { signal: call.signal });
  return tell(service, parent, { entry, name, revision });
};

/** UNLINK: takes a file out of the catalog. */
export const unlink: Operation<'unlink'> = (service, request, call) => remove(service, request, call);

/** RMDIR: takes an empty folder out of the catalog. */
export const rmdir: Operation<'rmdir'> = (service, request, call) => remove(service, request, call);

/** RENAME: moves a file or folder to another name, where it takes the place of what may be replaced (`rename(2)`). */
export const rename: Operation<'rename'> = async (service, request, call) => {
  const edits = editorOf(service);
  if ((request.flags & ~renameFlags.NOREPLACE) !== 0) return refused('EINVAL');
  const from = placeOf(service, request.node, request.name);
  const to = placeOf(service, request.newParent, request.newName);
  const entry = await entryAt(service, from, call);
  if (entry === undefined) return refused('ENOENT');
  const replaced = await entryAt(service, to, call);
  const there = to.parent.children.get(to.name);
  if (replaced !== undefined) {
    if (request.flags === renameFlags.NOREPLACE) return refused('EEXIST');
    if (replaced.id === entry.id) return done;
    await checkReplaceable(service, entry, replaced, call);
    await edits.removePath(to.path, { signal: call.signal });
    if (there !== undefined) service.nodes.retire(there);
  }
  const node = from.parent.children.get(from.name);
  service.missing.take(to.parent, to.name);
  const { signal } = call;
  const answer = await edited(service, [from, to], () => edits.move(from.path, to.path, { signal }));
  // The kernel gives what it knows the new name itself.
  if (node !== undefined) service.nodes.move(node, to.parent, to.name);
  return answer;
};

async function remove(service: Service, request: RequestOf<'unlink' | 'rmdir'>, call: Call): Promise<Answer> {
  const edits = editorOf(service);
  const place = placeOf(service, request.node, request.name);
  const entry = await entryAt(service, place, call);
  if (entry === undefined) return refused('ENOENT');
  if (request.op === 'unlink' && entry.kind === 'folder') return refused('EISDIR');
  if (request.op === 'rmdir') await checkEmpty(service, entry, call);
  const { parent, name, path } = place;
  const answer = await edited(service, [place], () => edits.removePath(path, { signal: call.signal }));
  const node = parent.children.get(name);
  if (node !== undefined) service.nodes.retire(node);
  return answer;
}

/** Runs an edit. Where the kernel is not told that it went well, it has to look again: who knows what happened. */
async function edited(service: Service, places: readonly Place[], edit: () => Promise<void>): Promise<Answer> {
  const lookAgain = () => {
    for (const { parent, name } of places) {
      service.notices.name(parent, name);
      service.notices.node(parent);
    }
  };
  try {
    const paths = places.map(({ path }) => path);
    await service.changes.own(paths, edit);
  } catch (error) {
    lookAgain();
    throw error;
  }
  return { ...done, settled: (taken) => (taken ? undefined : lookAgain()) };
}

function editorOf({ edits }: Service): CatalogEditor {
  if (edits === undefined) throw new Refusal('EROFS');
  return edits;
}

function placeOf(service: Service, folder: number, name: string): Place {
  const parent = nodeOf(service, folder);
  if (Buffer.byteLength(name) > maxNameBytes) throw new Refusal('ENAMETOOLONG');
  return { parent, name, path: pathIn(service, parent, name) };
}

async function entryAt({ catalog }: Service, { path }: Place, { signal }: Call): Promise<Entry | undefined> {
  try {
    return await catalog.stat(path, { signal });
  } catch (error) {
    if (hasCode(error, 'ERR_FILE_NOT_FOUND')) return undefined;
    throw error;
  }
}

async function checkReplaceable(service: Service, entry: Entry, replaced: Entry, call: Call): Promise<void> {
  if (replaced.kind === 'folder' && entry.kind !== 'folder') throw new Refusal('EISDIR');
  if (entry.kind === 'folder') await checkEmpty(service, replaced, call);
}

/** @throws Refusal ENOTDIR ENOTEMPTY */
async function checkEmpty({ catalog }: Service, { kind, path }: Entry, { signal }: Call): Promise<void> {
  if (kind !== 'folder') throw new Refusal('ENOTDIR');
  for await (const _ of catalog.list(path, { signal })) throw new Refusal('ENOTEMPTY');
}
