import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeAttributes,
  encodeEntry,
  encodeInit,
  encodeLseek,
  encodeOpen,
  encodeStatfs,
  encodeXattrSize,
  errno,
  errorReply,
  invalidateEntry,
  invalidateInode,
  replyHeader,
  xattrNames,
} from '../../src/protocol/index.js';
import { decodeNotice, decodeReply, uniqueOf, xattrSize } from '../kernel-messages.js';
import { anyEntry, anyName, u16, u32, u64 } from './any-message.js';

const unique = u64.map((value) => value || 1);
const sameTime = (first: number, second: number) => Math.abs(first - second) < 0.01;

describe('replies', () => {
  it('say to the kernel what they were told', () => {
    const statfs = fc.record({
      blockBytes: u32,
      blocks: u64,
      freeBlocks: u64,
      files: u64,
      freeFiles: u64,
      maxNameBytes: u32,
    });
    const open = fc.record({ handle: u64, flags: u32 });
    fc.assert(
      fc.property(unique, statfs, open, u64, u32, (id, volume, opened, offset, size) => {
        expect(decodeReply('statfs', encodeStatfs(id, volume))).toEqual({ unique: id, errno: 0, body: volume });
        expect(decodeReply('open', encodeOpen(id, opened))).toEqual({ unique: id, errno: 0, body: opened });
        expect(decodeReply('lseek', encodeLseek(id, offset)).body).toBe(offset);
        expect(xattrSize(decodeReply('getxattr', encodeXattrSize(id, size)).body!)).toBe(size);
        expect(decodeReply('flush', replyHeader(id, 0))).toEqual({ unique: id, errno: 0, body: undefined });
        expect(uniqueOf(replyHeader(id, size))).toBe(id);
      }),
    );
  });

  it('say what INIT agreed on', () => {
    const init = fc.record({
      major: u32,
      minor: u32,
      maxReadAheadBytes: u32,
      flags: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      maxBackground: u16,
      congestionThreshold: u16,
      maxWriteBytes: u32,
      timeGranularityNs: u32,
      maxPages: u16,
    });
    fc.assert(
      fc.property(unique, init, (id, agreed) => {
        expect(decodeReply('init', encodeInit(id, agreed))).toEqual({ unique: id, errno: 0, body: agreed });
      }),
    );
  });

  it('show nodes as they are', () => {
    fc.assert(
      fc.property(unique, anyEntry, (id, entry) => {
        const { body } = decodeReply('lookup', encodeEntry(id, entry));
        const { attributes, ...rest } = body!;
        expect(rest.node).toBe(entry.node);
        expect(rest.generation).toBe(entry.generation);
        expect(sameTime(rest.entryValidMs, entry.entryValidMs)).toBe(true);
        expect(sameTime(rest.attributesValidMs, entry.attributesValidMs)).toBe(true);
        expect({ ...attributes, modifiedMs: 0 }).toEqual({ ...entry.attributes, modifiedMs: 0 });
        expect(sameTime(attributes.modifiedMs, entry.attributes.modifiedMs)).toBe(true);
        const reply = decodeReply('getattr', encodeAttributes(id, entry.attributes, entry.attributesValidMs));
        expect(reply.body).toEqual({ attributes, attributesValidMs: rest.attributesValidMs });
      }),
    );
  });

  const attributes = { inode: 2, size: 0, modifiedMs: 0, mode: 0o100444, links: 1, uid: 0, gid: 0 };

  it.each([
    [Number.POSITIVE_INFINITY, 0x7fff_ffff * 1000],
    [Number.MAX_VALUE, 0x7fff_ffff * 1000],
    [Number.NaN, 0],
    [-1, 0],
    [0.5, 0.5],
  ])('take a validity of %d ms for %d', (validMs, expected) => {
    expect(decodeReply('getattr', encodeAttributes(2, attributes, validMs)).body?.attributesValidMs).toBe(expected);
  });

  it.each([
    [Number.NaN, 0],
    [Number.NEGATIVE_INFINITY, 0],
    [-1, -1],
    [-86_400_000_000_250.5, -86_400_000_000_250.5],
    [999.999, 999.999],
  ])('take a modification %d ms after 1970 for %d', (modifiedMs, expected) => {
    const bytes = encodeAttributes(2, { ...attributes, modifiedMs }, 0);
    expect(decodeReply('getattr', bytes).body?.attributes.modifiedMs).toBeCloseTo(expected, 2);
  });

  it('carry an error the kernel takes, whatever the number', () => {
    for (const number of Object.values(errno)) expect(decodeReply('read', errorReply(2, number)).errno).toBe(number);
    for (const number of [0, -5, 512, 1.5, Number.NaN, 2 ** 32 + 5])
      expect(decodeReply('read', errorReply(2, number)).errno).toBe(errno.EIO);
  });

  it('leave nothing of one in the next', () => {
    const full = { blockBytes: 0xffff_ffff, blocks: 2 ** 53 - 1, freeBlocks: 2 ** 53 - 1, files: 2 ** 53 - 1 };
    const wipe = () => encodeStatfs(2 ** 53 - 1, { ...full, freeFiles: 2 ** 53 - 1, maxNameBytes: 0xffff_ffff });
    const encode = [
      () => encodeEntry(2, { node: 0, generation: 0, entryValidMs: 0, attributesValidMs: 0, attributes }),
      () => encodeAttributes(2, attributes, 0),
      () => encodeOpen(2, { handle: 0, flags: 0 }),
      () => encodeXattrSize(2, 0),
      () => encodeStatfs(2, { blockBytes: 0, blocks: 0, freeBlocks: 0, files: 0, freeFiles: 0, maxNameBytes: 0 }),
    ];
    for (const one of encode) {
      const clean = Buffer.from(one()).toString('hex');
      wipe();
      expect(Buffer.from(one()).toString('hex')).toBe(clean);
    }
  });

  it('list attribute names', () => {
    expect(Buffer.from(xattrNames(['user.a', 'user.ü'])).toString()).toBe('user.a\0user.ü\0');
    expect(xattrNames([])).toHaveLength(0);
  });
});

describe('notices', () => {
  it('say to the kernel what they were told', () => {
    const signed = fc.oneof(u64, fc.maxSafeInteger());
    fc.assert(
      fc.property(u64, signed, signed, anyName, fc.boolean(), (node, offset, length, name, expire) => {
        expect(decodeNotice(invalidateInode(node, offset, length))).toEqual({ kind: 'inode', node, offset, length });
        const flags = expire ? 1 : 0;
        expect(decodeNotice(invalidateEntry(node, name, expire))).toEqual({ kind: 'entry', parent: node, name, flags });
      }),
    );
  });

  it('stay as they are while others are made', () => {
    const first = invalidateInode(5, 0, 0);
    invalidateInode(6, 1, 1);
    expect(decodeNotice(first)).toMatchObject({ node: 5, offset: 0 });
  });
});
