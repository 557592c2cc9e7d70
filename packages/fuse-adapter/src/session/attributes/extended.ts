import type { Entry } from '@newsreel/core';
import { encodeXattrSize, xattrNames } from '../../protocol/reply.js';
import { type Answer, refused, withBytes } from '../answer.js';
import { entryOf, nodeOf } from '../nodes/known.js';
import type { Operation, Service } from '../service.js';
import { segmentText } from './segment-text.js';

type Value = (service: Service, entry: Entry, signal: AbortSignal) => Promise<Buffer | undefined> | Buffer | undefined;

const text = (value: string | undefined) => (value === undefined ? undefined : Buffer.from(value));

/**
 * What can be asked of an entry beyond its attributes, `getfattr -d` shows it: the id of its release, its ETag, the last
 * verdict of a health check (`healthy`, `damaged`, `unknown`), and of a file its segments.
 */
const values: Readonly<Record<string, Value>> = {
  'user.newsreel.release': (_, { releaseId }) => text(releaseId),
  'user.newsreel.etag': (_, { etag }) => text(etag),
  'user.newsreel.health': ({ health }, entry) => text(health.of(entry)),
  'user.newsreel.segments': async ({ catalog }, { kind, path }, signal) =>
    kind === 'file' ? segmentText(await catalog.segments(path, { signal })) : undefined,
};

/**
 * GETXATTR. ENODATA for what an entry does not have; never ENOSYS, with which the kernel would stop asking for anything.
 * Whatever is not the user's (`security.capability`, access lists) is asked about without anybody wanting to know, for each
 * file of an `ls -l`: ENOTSUP makes programs leave it at that, and costs no look at the catalog.
 */
export const getxattr: Operation<'getxattr'> = (service, request, call) => {
  const { name, size } = request;
  if (!name.startsWith('user.')) return refused('ENOTSUP');
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  if (value === undefined) return refused('ENODATA');
  return found(service, request.node, { value, size, signal: call.signal });
};

async function found(
  service: Service,
  id: number,
  { value, size, signal }: { value: Value; size: number; signal: AbortSignal },
): Promise<Answer> {
  const entry = await entryOf(service, nodeOf(service, id), signal);
  const bytes = await value(service, entry, signal);
  return bytes === undefined ? refused('ENODATA') : sized(bytes, size);
}

/** LISTXATTR: the names that have a value now. */
export const listxattr: Operation<'listxattr'> = async (service, request, call) => {
  const node = nodeOf(service, request.node);
  const entry = await entryOf(service, node, call.signal);
  const names = Object.keys(values).filter((name) => {
    if (name === 'user.newsreel.segments') return entry.kind === 'file';
    return values[name]?.(service, entry, call.signal) !== undefined;
  });
  return sized(xattrNames(names), request.size);
};

/** A size of 0 asks how long it is; one too small is refused (`getxattr(2)`). */
function sized(bytes: Uint8Array, size: number): Answer {
  if (size === 0) return { errno: 0, message: (unique) => [encodeXattrSize(unique, bytes.length)] };
  return size < bytes.length ? refused('ERANGE') : withBytes(bytes);
}
