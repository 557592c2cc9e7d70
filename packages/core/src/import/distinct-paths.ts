import { numberedName } from '../catalog/paths.js';

/**
 * What several archives hold, each path once. Of a path that occurs twice in one archive the last one counts, as it does for
 * whoever unpacks it; what another archive calls the same is another file, and gets a number.
 * @param archives what is in each, in order
 */
export function distinctPaths<F extends { readonly path: string; readonly kind: string }>(
  archives: readonly (readonly F[])[],
): readonly F[] {
  const taken = new Set<string>();
  return archives.flatMap((members) => {
    const last = new Map(members.map((member) => [member.path, member]));
    return [...last.values()].map((member) => {
      const path = member.kind === 'folder' ? member.path : freePath(member.path, taken);
      taken.add(path);
      return path === member.path ? member : { ...member, path };
    });
  });
}

function freePath(path: string, taken: ReadonlySet<string>): string {
  const end = path.lastIndexOf('/') + 1;
  let free = path;
  for (let number = 2; taken.has(free); number++) free = path.slice(0, end) + numberedName(path.slice(end), number);
  return free;
}
