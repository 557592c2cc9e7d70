import { fstatSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MountUnavailableError } from '@newsreel/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMounter } from '../../src/mount/mount.js';
import { done, missing, PretendedMachine, requestFor, says, scratchFolder } from './pretended-machine.js';

let scratch: Awaited<ReturnType<typeof scratchFolder>>;
let folder: string;
beforeAll(async () => {
  scratch = await scratchFolder();
  folder = join(scratch.path, 'real');
});
afterAll(() => scratch.remove());

async function refusal(machine: PretendedMachine, mountpoint = folder, more = {}): Promise<MountUnavailableError> {
  const { request } = requestFor(mountpoint, more);
  const error = await createMounter(machine)(request).then(
    () => undefined,
    (failure: unknown) => failure as MountUnavailableError,
  );
  expect(error).toMatchObject({ code: 'ERR_MOUNT_UNAVAILABLE' });
  expect(machine.readers, 'the reader has ended').toBe(0);
  for (const fd of machine.connections) expect(() => fstatSync(fd), 'the connection is closed').toThrow('EBADF');
  return error as MountUnavailableError;
}

const programs = (machine: PretendedMachine) => machine.commands.map(([program]) => program);

describe.skipIf(process.platform === 'win32')('mounting', () => {
  it('as root goes through mount(8), and is undone at once, whoever uses it', async () => {
    const machine = new PretendedMachine();
    const mounted = await createMounter(machine)(requestFor(folder, { allowOther: true }).request);
    expect(mounted.method).toBe('mount');
    expect(machine.commands[0]?.slice(0, 5)).toEqual(['mount', '-i', '-t', 'fuse', '-o']);
    expect(machine.commands[0]?.[5]).toContain('fd=3,rootmode=40000,user_id=0,group_id=0,ro,');
    expect(machine.commands[0]?.[5]).toContain(',allow_other,');
    expect(machine.commands[0]?.slice(6)).toEqual(['--', 'newsreel', folder]);
    await Promise.all([mounted.unmount(), mounted.unmount()]);
    expect(machine.commands.slice(1)).toEqual([['umount', '-i', '-c', '-l', '--', folder]]);
    expect(() => fstatSync(machine.connections[0]!)).toThrow('EBADF');
    mounted.unmountNow();
    expect(machine.commands).toHaveLength(2);
  });

  it('as another user goes through fusermount3', async () => {
    const machine = new PretendedMachine();
    machine.uid = 1000;
    const mounted = await createMounter(machine)(requestFor(folder).request);
    expect(mounted.method).toBe('fusermount3');
    expect(machine.commands[0]?.slice(0, 2)).toEqual(['fusermount3', '-o']);
    mounted.unmountNow();
    expect(machine.commands.slice(1)).toEqual([['fusermount3', '-u', '-z', '-q', '--', folder]]);
    await mounted.unmount();
    expect(machine.commands).toHaveLength(2);
  });

  it('takes any name of a folder, and follows links to it', async () => {
    for (const [name, target] of [
      ['with spaces, commas & ümläuts', 'with spaces, commas & ümläuts'],
      ['link', 'real'],
      ['./real/../link/', 'real'],
    ] as const) {
      const machine = new PretendedMachine();
      const mounted = await createMounter(machine)(requestFor(`${scratch.path}/${name}`).request);
      expect(machine.commands[0]?.at(-1)).toBe(join(scratch.path, target));
      await mounted.unmount();
    }
  });

  it('does not touch what somebody mounted over it', async () => {
    const machine = new PretendedMachine();
    const mounted = await createMounter(machine)(requestFor(folder).request);
    machine.adds(folder);
    await mounted.unmount();
    expect(programs(machine)).toEqual(['mount']);
  });

  it('tries another umount when the first is of another make', async () => {
    const machine: PretendedMachine = new PretendedMachine({
      umount: (args) => (args[0] === '-i' ? says("invalid option -- 'i'") : machine.removes(args.at(-1)!)),
    });
    const mounted = await createMounter(machine)(requestFor(folder).request);
    await mounted.unmount();
    expect(machine.table).toHaveLength(1);
  });

  it('says when a mount cannot be taken away, and closes the connection all the same', async () => {
    const machine = new PretendedMachine({ umount: () => says('must be superuser') });
    const { request, log } = requestFor(folder);
    const mounted = await createMounter(machine)(request);
    await mounted.unmount();
    expect(log).toEqual(['warn: the mount could not be taken away']);
    expect(() => fstatSync(machine.connections[0]!)).toThrow('EBADF');
  });
});

describe.skipIf(process.platform === 'win32')('what is in the way', () => {
  it.each(['darwin', 'win32', 'freebsd'] as const)('%s: points to WebDAV and rclone', async (platform) => {
    const machine = new PretendedMachine();
    machine.platform = platform;
    const { reason, message, remedy } = await refusal(machine);
    expect([reason, message]).toEqual(['platform', `Mounting is not possible on ${platform}`]);
    expect(remedy).toMatch(/WebDAV.*rclone mount/);
    expect(machine.commands).toEqual([]);
  });

  it('a big-endian machine', async () => {
    const machine = new PretendedMachine();
    machine.isLittleEndian = false;
    expect((await refusal(machine)).reason).toBe('platform');
  });

  it.each(['ENOENT', 'EACCES', 'EPERM'])('/dev/fuse: %s', async (code) => {
    const machine = new PretendedMachine();
    machine.deviceError = code;
    const { reason, message, remedy } = await refusal(machine);
    expect(reason).toBe('device');
    expect(message).toBe(`Cannot mount ${folder}: /dev/fuse cannot be opened: ${code}`);
    expect(remedy).toMatch(/modprobe fuse.*--device \/dev\/fuse/);
  });

  it.each([
    ['nothing', 'does not exist'],
    ['file', 'is not a folder'],
    ['circle', 'leads nowhere'],
    ['nothing/in/there', 'does not exist'],
    ['file/below', 'cannot be used: ENOTDIR'],
  ])('the mountpoint: %s', async (name, why) => {
    const { reason, message } = await refusal(new PretendedMachine(), join(scratch.path, name));
    expect(reason).toBe('mountpoint');
    expect(message).toContain(why);
  });

  it('for root without rights: says both ways', async () => {
    const machine = new PretendedMachine({ mount: () => says(`mount: ${folder}: permission denied.`) });
    machine.hasKoffi = false;
    const { reason, message, remedy } = await refusal(machine);
    expect(reason).toBe('koffi');
    expect(message).toMatch(/mount\(8\).*permission denied.*koffi cannot be loaded/);
    expect(remedy).toMatch(/cap-add SYS_ADMIN.*npm install koffi/);
  });

  it('for another user without koffi, or without fusermount3: says both ways', async () => {
    const bare = new PretendedMachine();
    bare.uid = 1000;
    bare.hasKoffi = false;
    expect(await refusal(bare)).toMatchObject({
      reason: 'koffi',
      message: `Cannot mount ${folder}: mount(8) is for root; koffi cannot be loaded`,
    });
    const machine = new PretendedMachine({ fusermount3: () => missing });
    machine.uid = 1000;
    const { reason, message, remedy } = await refusal(machine);
    expect(reason).toBe('permission');
    expect(message).toMatch(/mount\(8\) is for root; fusermount3 is not installed/);
    expect(remedy).toMatch(/Run as root.*install fuse3.*koffi/);
  });

  it.each([
    ['fusermount3: failed to open /dev/fuse: Permission denied', 'device'],
    ['fusermount3: user has no write access to mountpoint /mnt', 'mountpoint'],
    ['fusermount3: bad mount point /mnt: No such file or directory', 'mountpoint'],
    ['fusermount3: mount failed: Operation not permitted', 'permission'],
    ["fusermount3: option allow_other only allowed if 'user_allow_other' is set in /etc/fuse.conf", 'permission'],
    ['fusermount3: too many FUSE filesystems mounted; mount_max=N can be set in /etc/fuse.conf', 'failed'],
  ])('%s', async (text, expected) => {
    const machine = new PretendedMachine({ fusermount3: () => says(text) });
    machine.uid = 1000;
    const { reason, message, remedy } = await refusal(machine);
    expect(reason).toBe(expected);
    expect(message).toContain(text);
    if (text.includes('user_allow_other')) expect(remedy).toContain('Put the line `user_allow_other`');
  });

  it('a program that takes too long: what it may have mounted is taken away', async () => {
    const machine: PretendedMachine = new PretendedMachine({
      mount: (args) => {
        machine.adds(args.at(-1)!);
        return { status: 'late', says: '' };
      },
      stat: () => says("stat: cannot statx '/x': Transport endpoint is not connected"),
      fusermount3: () => missing,
    });
    expect((await refusal(machine)).message).toContain('not done after 2000 ms');
    expect(programs(machine)).toEqual(['mount', 'stat', 'umount', 'fusermount3']);
    expect(machine.table).toHaveLength(1);
  });

  it('a signal: rejects with its reason and leaves nothing', async () => {
    const abort = new AbortController();
    const reason = new Error('changed my mind');
    const machine: PretendedMachine = new PretendedMachine({
      mount: (args) => {
        abort.abort(reason);
        return machine.adds(args.at(-1)!);
      },
      stat: () => says('stat: Transport endpoint is not connected'),
    });
    const { request } = requestFor(folder, { signal: abort.signal });
    await expect(createMounter(machine)(request)).rejects.toBe(reason);
    expect(machine.table).toHaveLength(1);
    expect(() => fstatSync(machine.connections[0]!)).toThrow('EBADF');
    await expect(createMounter(machine)(request)).rejects.toBe(reason);
  });
});

describe.skipIf(process.platform === 'win32')('a folder that is mounted on already', () => {
  const dead = () => says("stat: cannot stat '/x': Transport endpoint is not connected");

  it('is cleaned of mounts whose program died', async () => {
    const machine = new PretendedMachine({ stat: dead });
    machine.adds(folder);
    machine.adds(folder);
    const { request, log } = requestFor(folder);
    const mounted = await createMounter(machine)(request);
    expect(programs(machine)).toEqual(['stat', 'umount', 'stat', 'umount', 'mount']);
    expect(log).toEqual(Array.from({ length: 2 }, () => 'info: took away a mount whose program had died'));
    await mounted.unmount();
  });

  it.each([
    ['answers', done],
    ['refuses this user', says('stat: Permission denied')],
    ['does not answer', { status: 'late' as const, says: '' }],
    ['cannot be asked', missing],
  ])('is left alone when its program %s', async (_what, outcome) => {
    const machine = new PretendedMachine({ stat: () => outcome });
    machine.adds(folder);
    const { reason, message } = await refusal(machine);
    expect([reason, message]).toEqual(['busy', `${folder} is mounted already (fuse.newsreel)`]);
    expect(machine.table).toHaveLength(2);
  });

  it('by somebody else who died is left to root', async () => {
    const machine = new PretendedMachine({ stat: dead, fusermount3: () => says('fusermount3: not permitted') });
    machine.uid = 1000;
    machine.adds(folder);
    const { reason, remedy } = await refusal(machine);
    expect([reason, remedy]).toEqual(['busy', `Unmount it as root: \`umount -l ${folder}\`.`]);
  });

  it('is free when it is an empty volume, and not when there is something in it', async () => {
    const volume = join(scratch.path, 'volume');
    const machine = new PretendedMachine();
    machine.table.push({ device: '8:1', mountpoint: volume, type: 'ext4' });
    const mounted = await createMounter(machine)(requestFor(volume).request);
    await mounted.unmount();
    expect(machine.table.at(-1)?.type).toBe('ext4');
    await writeFile(join(volume, 'holiday.jpg'), '');
    const { reason, message } = await refusal(machine, volume);
    expect(reason).toBe('busy');
    expect(message).toContain('another file system (ext4), which is not empty');
  });
});
