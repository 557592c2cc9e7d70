/** One line of `/proc/self/mountinfo` (`Documentation/filesystems/proc.rst`, 3.5). */
export interface MountEntry {
  /** Number of the device in the form `major:minor`; a mount of FUSE has one of its own. */
  readonly device: string;
  readonly mountpoint: string;
  /** File system, with its subtype: `fuse.newsreel`. */
  readonly type: string;
}

/**
 * Reads `/proc/self/mountinfo`, in the order of mounting: of several at one place the last is the one that is seen.
 * Lines that are not understood are left out.
 */
export function parseMountTable(text: string): readonly MountEntry[] {
  return text.split('\n').flatMap((line) => {
    // "36 35 98:0 /root /mountpoint options [optional fields…] - type source options"
    const fields = line.split(' ');
    const separator = fields.indexOf('-', 6);
    const [, , device, , mountpoint] = fields;
    const type = separator < 0 ? undefined : fields[separator + 1];
    if (device === undefined || mountpoint === undefined || type === undefined) return [];
    return [{ device, mountpoint: unescapeMountField(mountpoint), type: unescapeMountField(type) }];
  });
}

/** Undoes what the kernel does to spaces, tabs, line ends and backslashes (`mangle_path`): `\040` and the like. */
export function unescapeMountField(field: string): string {
  return field.replace(/\\([0-3][0-7]{2})/g, (_escape, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

/** What is seen at a mountpoint; `undefined` when nothing is mounted there. */
export function mountedAt(table: readonly MountEntry[], mountpoint: string): MountEntry | undefined {
  return table.findLast((entry) => entry.mountpoint === mountpoint);
}

/** Whether a file system is served by a program, which may have died. */
export function isFuse(entry: MountEntry): boolean {
  return /^fuse(\.|blk|$)/.test(entry.type);
}
