import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFuse, mountedAt, parseMountTable, unescapeMountField } from '../../src/mount/mount-table.js';

const text = `22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
36 22 0:33 / /mnt/with\\040space rw,nosuid shared:5 master:1 - fuse.rclone remote:\\040x rw,user_id=0
37 22 0:34 / /mnt/tab\\011line\\012back\\134slash ro - fuse.newsreel newsreel ro
38 22 0:35 / /mnt/ümläut,komma ro - fuse newsreel ro
39 38 0:36 / /mnt/ümläut,komma ro unbindable - tmpfs none rw
nonsense
40 22 0:37
`;

describe('the mount table', () => {
  it('is read with its escapes and optional fields; what is not understood is left out', () => {
    expect(parseMountTable(text)).toEqual([
      { device: '254:0', mountpoint: '/', type: 'ext4' },
      { device: '0:33', mountpoint: '/mnt/with space', type: 'fuse.rclone' },
      { device: '0:34', mountpoint: '/mnt/tab\tline\nback\\slash', type: 'fuse.newsreel' },
      { device: '0:35', mountpoint: '/mnt/ümläut,komma', type: 'fuse' },
      { device: '0:36', mountpoint: '/mnt/ümläut,komma', type: 'tmpfs' },
    ]);
  });

  it('shows what was mounted last at a place', () => {
    const table = parseMountTable(text);
    expect(mountedAt(table, '/mnt/ümläut,komma')?.type).toBe('tmpfs');
    expect(mountedAt(table, '/mnt')).toBeUndefined();
  });

  it.each([
    ['fuse', true],
    ['fuse.newsreel', true],
    ['fuseblk', true],
    ['fusectl', false],
    ['ext4', false],
  ])('%s: served by a program, %s', (type, expected) => {
    expect(isFuse({ device: '0:1', mountpoint: '/x', type })).toBe(expected);
  });

  it('undoes whatever the kernel escapes', () => {
    const escaped = (path: string) =>
      path.replace(/[ \t\n\\#]/g, (one) => `\\${one.charCodeAt(0).toString(8).padStart(3, '0')}`);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (path) => {
        expect(unescapeMountField(escaped(path))).toBe(path);
      }),
    );
  });

  it('never fails, whatever it is given', () => {
    fc.assert(fc.property(fc.string(), (anything) => void parseMountTable(anything)));
  });
});
