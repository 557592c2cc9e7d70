import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FolderItem, FolderWriter, maxListingBytes } from '../../src/protocol/index.js';
import { parseFolder } from '../kernel-messages.js';
import { anyEntry, anyName, u64 } from './any-message.js';

const anyItem: fc.Arbitrary<FolderItem> = fc.record({
  name: anyName,
  inode: u64,
  kind: fc.constantFrom('file', 'folder', 'link'),
  nextOffset: u64,
  entry: fc.option(anyEntry, { nil: undefined }),
});
const file = (name: string, nextOffset = 1): FolderItem => ({ name, inode: 7, kind: 'file', nextOffset });

/** What a name takes, by FUSE_DIRENT_SIZE and FUSE_DIRENTPLUS_SIZE. */
const takes = (name: string, plus: boolean) => Math.ceil(((plus ? 152 : 24) + Buffer.byteLength(name)) / 8) * 8;

describe('FolderWriter', () => {
  it('writes what fits, in order, and the kernel reads it', () => {
    const items = fc.array(anyItem, { maxLength: 40 });
    fc.assert(
      fc.property(items, fc.nat(6000), fc.boolean(), (all, size, plus) => {
        const writer = new FolderWriter(size, plus);
        const rejected = all.findIndex((item) => !writer.add(item));
        const written = rejected === -1 ? all : all.slice(0, rejected);
        expect(writer.bytes.length).toBeLessThanOrEqual(size);
        expect(writer.bytes.length).toBe(written.reduce((sum, item) => sum + takes(item.name, plus), 0));
        // Refused only for want of room.
        if (rejected !== -1) expect(writer.bytes.length + takes(all[rejected]!.name, plus)).toBeGreaterThan(size);
        const read = parseFolder(writer.bytes, plus);
        expect(read.map(({ entry: _, ...item }) => item)).toEqual(written.map(({ entry: _, ...item }) => item));
        if (plus) expect(read.map((item) => item.entry?.node)).toEqual(written.map((item) => item.entry?.node ?? 0));
      }),
      { numRuns: 500 },
    );
  });

  it('leaves out names the kernel would refuse the whole listing for', () => {
    const writer = new FolderWriter(4096, false);
    const bad = ['', 'a/b', '/', 'a\0', 'x'.repeat(256), 'ü'.repeat(128), 'x'.repeat(100_000)];
    for (const name of ['first', ...bad, 'x'.repeat(255), 'last']) expect(writer.add(file(name))).toBe(true);
    const read = parseFolder(writer.bytes, false).map((item) => item.name);
    expect(read).toEqual(['first', 'x'.repeat(255), 'last']);
  });

  it('writes half a surrogate pair as the character that stands for none', () => {
    const writer = new FolderWriter(40, false);
    expect(writer.add(file('\ud800'))).toBe(true);
    expect(parseFolder(writer.bytes, false)).toEqual([file('\ufffd')]);
  });

  it('has room for any name in the least the kernel asks for', () => {
    const writer = new FolderWriter(4096, true);
    expect(writer.add(file('x'.repeat(255)))).toBe(true);
  });

  it('takes no more than it may, whatever is asked for', () => {
    const writer = new FolderWriter(0xffff_ffff, false);
    let count = 0;
    while (writer.add(file(`name ${count}`))) count++;
    expect(writer.bytes.length).toBeLessThanOrEqual(maxListingBytes);
    expect(count).toBeGreaterThan(maxListingBytes / 50);
    expect(writer.bytes.buffer.byteLength).toBeLessThanOrEqual(maxListingBytes);
  });

  it('lists 20,000 entries in little time', () => {
    const attributes = { inode: 7, size: 1e9, modifiedMs: 1.7e12, mode: 0o100444, links: 1, uid: 0, gid: 0 };
    const entry = { node: 7, generation: 1, entryValidMs: 1e9, attributesValidMs: 1e9, attributes };
    const items = Array.from({ length: 20_000 }, (_, index) => ({
      ...file(`Some.Film.2024.part${index}.mkv`, index),
      entry,
    }));
    const list = () => {
      let writer = new FolderWriter(131_072, true);
      let answers = 1;
      for (const item of items) {
        if (writer.add(item)) continue;
        answers++;
        writer = new FolderWriter(131_072, true);
        writer.add(item);
      }
      return answers;
    };
    list();
    const startMs = performance.now();
    expect(list()).toBeLessThan(40);
    expect(performance.now() - startMs).toBeLessThan(200);
  });
});
