import { MountUnavailableError } from '@newsreel/core';

type Init = ConstructorParameters<typeof MountUnavailableError>[0];
type Reason = Init['reason'];

const elsewhere = 'serve the catalog over WebDAV (@newsreel/webdav-adapter) and mount that with `rclone mount`';

/** What to do, by what stands in the way. */
const remedies: Readonly<Record<Reason, string>> = {
  platform: `Mounting works on Linux on little-endian machines. Elsewhere ${elsewhere}.`,
  device:
    'Load the kernel module (`modprobe fuse`) and let this user open /dev/fuse; in a container: ' +
    `\`--device /dev/fuse --cap-add SYS_ADMIN\`. Or ${elsewhere}.`,
  permission:
    'Run as root (in a container: `--cap-add SYS_ADMIN --device /dev/fuse`), or install fuse3 and the package koffi ' +
    `(\`npm install koffi\`) to mount as an ordinary user. Or ${elsewhere}.`,
  mountpoint: 'Choose an existing, empty folder that belongs to this user.',
  koffi: `Install the package koffi (\`npm install koffi\`), or run as root. Or ${elsewhere}.`,
  busy: 'Choose another folder, or unmount what is there (`umount`, `fusermount3 -u`).',
  failed: `Try the command by hand. Or ${elsewhere}.`,
};

/** Makes the error for what stands in the way, with what to do about it. */
export function obstacle(reason: Reason, message: string, more: Partial<Pick<Init, 'remedy' | 'cause'>> = {}) {
  return new MountUnavailableError({ reason, message, remedy: more.remedy ?? remedies[reason], cause: more.cause });
}

/** One error for all the ways that failed: it says of each why, and how any of them would work. */
export function noWay(mountpoint: string, failures: readonly MountUnavailableError[]): MountUnavailableError {
  const why = failures.map((failure) => failure.message).join('; ');
  const remedy = [...new Set(failures.map((failure) => failure.remedy))].join(' ');
  const cause = failures.length === 1 ? failures[0] : new AggregateError(failures, why);
  return obstacle(failures.at(-1)?.reason ?? 'failed', `Cannot mount ${mountpoint}: ${why}`, { remedy, cause });
}

/** What `mount` and `fusermount3` say when they refuse, in the C locale, and what that means. */
const sayings: readonly (readonly [RegExp, Reason])[] = [
  [/failed to open \/dev\/fuse|device not found|unknown filesystem type|no such device/i, 'device'],
  [/mount ?point does not exist|no such file|not a directory|user has no write access|failed to access/i, 'mountpoint'],
  [/allow_other/i, 'permission'],
  [/permission|not permitted|superuser|only root|must be root/i, 'permission'],
  [/busy|already mounted/i, 'busy'],
];

/** What stands in the way, by what a program says about it. */
export function reasonOf(says: string): Reason {
  return sayings.find(([pattern]) => pattern.test(says))?.[1] ?? 'failed';
}

/** What to do about `allow_other`, which is a matter of one line. */
export const allowOtherRemedy =
  'Put the line `user_allow_other` into /etc/fuse.conf, or set `allowOther: false`, or run as root.';
