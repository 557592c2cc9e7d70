import { resolve } from 'node:path';
import { ConfigInvalidError } from '@newsreel/core';
import { describe, expect, it } from 'vitest';
import { type FuseOptions, fuse } from '../src/index.js';
import { parseFuseOptions } from '../src/options.js';

describe('options', () => {
  it.each<[unknown, RegExp]>([
    [{}, /mountpoint/],
    [{ mountpoint: '' }, /mountpoint/],
    [{ mountpoint: '/' }, /root/],
    [{ mountpoint: '/mnt/..' }, /root/],
    [{ mountpoint: '/mnt/a\0b' }, /NUL/],
    [{ mountpoint: '/mnt', mountPoint: '/mnt' }, /Unrecognized key: "mountPoint"/],
    [{ mountpoint: '/mnt', name: 'a,allow_other' }, /name/],
    [{ mountpoint: '/mnt', name: '' }, /name/],
    [{ mountpoint: '/mnt', uid: -1 }, /uid/],
    [{ mountpoint: '/mnt', gid: 2 ** 32 - 1 }, /gid/],
    [{ mountpoint: '/mnt', umask: 0o1000 }, /umask/],
    [{ mountpoint: '/mnt', maxBackground: 0 }, /maxBackground/],
    [{ mountpoint: '/mnt', readAheadBytes: -1 }, /readAheadBytes/],
    [{ mountpoint: '/mnt', requestTimeoutMs: 0 }, /requestTimeoutMs/],
    [{ mountpoint: '/mnt', entryValidMs: 1.5 }, /entryValidMs/],
    [{ mountpoint: '/mnt', integrity: 'maybe' }, /integrity/],
    [{ mountpoint: '/mnt', writable: 'yes' }, /writable/],
    [null, /./],
  ])('refuses %j', (options, message) => {
    expect(() => fuse(options as FuseOptions)).toThrow(ConfigInvalidError);
    expect(() => fuse(options as FuseOptions)).toThrow(message);
  });

  it('says everything that is wrong at once', () => {
    expect(() => fuse({ mountpoint: '', umask: -1, name: ',' })).toThrow(/mountpoint.*name.*umask/s);
  });

  it('takes a relative mountpoint from the working folder', () => {
    expect(fuse({ mountpoint: 'films' }).mountpoint).toBe(resolve('films'));
  });

  it('has defaults that fit the user', () => {
    const options = parseFuseOptions({ mountpoint: '/mnt/films' });
    expect(options).toMatchObject({
      name: 'newsreel',
      writable: false,
      integrity: 'progressive',
      label: 'fuse',
      umask: 0o022,
      createMountpoint: true,
      readAheadBytes: 1_048_576,
    });
    expect(options.allowOther).toBe(process.getuid?.() === 0);
    expect([options.uid, options.gid]).toEqual([process.getuid?.() ?? 0, process.getgid?.() ?? 0]);
  });

  it('does nothing before it is attached', async () => {
    const adapter = fuse({ mountpoint: '/newsreel-test/never' });
    expect([adapter.isMounted, adapter.stats()]).toEqual([false, undefined]);
    await adapter.close();
  });
});
