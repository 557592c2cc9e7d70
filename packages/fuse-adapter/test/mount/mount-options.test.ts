import { describe, expect, it } from 'vitest';
import { fusermountOptions, mountOptions } from '../../src/mount/mount-options.js';

const wanted = { name: 'newsreel', writable: false, allowOther: false, maxReadBytes: 1_048_576 };

describe('mount options', () => {
  it('of mount(8) carry the descriptor and the user', () => {
    expect(mountOptions(wanted, 3, 1000, 100)).toBe(
      'fd=3,rootmode=40000,user_id=1000,group_id=100,ro,nosuid,nodev,default_permissions,max_read=1048576,subtype=newsreel',
    );
  });

  it('of fusermount3 carry the name', () => {
    expect(fusermountOptions({ ...wanted, writable: true, allowOther: true })).toBe(
      'rw,nosuid,nodev,default_permissions,allow_other,max_read=1048576,subtype=newsreel,fsname=newsreel',
    );
  });

  it.each([
    ['my films, and more', 'my-films-and-more', 'my films\\, and more'],
    ['a\\b', 'a-b', 'a\\\\b'],
    ['Фильмы', 'newsreel', 'Фильмы'],
    ['v1.2_x', 'v1-2_x', 'v1.2_x'],
    ['rw,suid', 'rw-suid', 'rw\\,suid'],
  ])('cannot be added to by a name: %s', (name, subtype, source) => {
    const options = fusermountOptions({ ...wanted, name });
    expect(options.split(',subtype=')[1]).toBe(`${subtype},fsname=${source}`);
    expect(mountOptions({ ...wanted, name }, 3, 0, 0).endsWith(`subtype=${subtype}`)).toBe(true);
  });
});
