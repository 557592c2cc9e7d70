import type { MountRequest } from './mounted.js';

type Wanted = Pick<MountRequest, 'name' | 'writable' | 'allowOther' | 'maxReadBytes'>;

/** What both ways of mounting want (`Documentation/filesystems/fuse.rst`, "Mount options"). */
function common(request: Wanted): string[] {
  return [
    request.writable ? 'rw' : 'ro',
    'nosuid',
    'nodev',
    // The kernel checks permissions by the attributes it is told; otherwise each open would have to.
    'default_permissions',
    ...(request.allowOther ? ['allow_other'] : []),
    `max_read=${request.maxReadBytes}`,
    `subtype=${subtypeOf(request.name)}`,
  ];
}

/** Options of `mount -t fuse`. The descriptor is the child's; dates of access are never written by FUSE. */
export function mountOptions(request: Wanted, childFd: number, uid: number, gid: number): string {
  return [`fd=${childFd}`, 'rootmode=40000', `user_id=${uid}`, `group_id=${gid}`, ...common(request)].join(',');
}

/** Options of `fusermount3`, which brings the descriptor and the user itself. Its commas are escaped by a backslash. */
export function fusermountOptions(request: Wanted): string {
  return [...common(request), `fsname=${request.name.replace(/[\\,]/g, '\\$&')}`].join(',');
}

/** A name that can stand in a type: it ends at a comma, and programs that read the table split it at dots and spaces. */
function subtypeOf(name: string): string {
  return name.replace(/[^\w-]+/g, '-').replace(/^-+|-+$/g, '') || 'newsreel';
}
