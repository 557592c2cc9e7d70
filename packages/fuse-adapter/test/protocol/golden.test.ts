import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  announceDeletion,
  decodeRequest,
  encodeAttributes,
  encodeEntry,
  encodeInit,
  encodeLseek,
  encodeOpen,
  encodeStatfs,
  encodeXattrSize,
  errno,
  errorReply,
  FolderWriter,
  initFlags,
  invalidateEntry,
  invalidateInode,
  openReplyFlags,
  type RequestBody,
  replyHeader,
} from '../../src/protocol/index.js';
import { decodeNotice, decodeReply, encodeRequest, parseFolder } from '../kernel-messages.js';

/** Messages as a C compiler lays them out, see golden.c: a name, a length, the bytes. */
const golden = new Map(
  readFileSync(new URL('golden.hex', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [, name, length, hex] = /^(.+) (\d+) (\w+)$/.exec(line)!;
      const bytes = new Uint8Array(Buffer.from(hex!, 'hex'));
      if (bytes.length !== Number(length)) throw new Error(`${name} is damaged`);
      return [name!, bytes];
    }),
);
const unique = 0x1122334455668;
const header = { unique, node: 0x1020304050607, uid: 1000, gid: 1001, pid: 4242 };

const requests: Readonly<Record<string, RequestBody>> = {
  LOOKUP: { op: 'lookup', name: 'grüß.mkv' },
  FORGET: { op: 'forget', forgotten: [{ node: header.node, lookups: 0x300000002 }] },
  GETATTR: { op: 'getattr', handle: undefined },
  'GETATTR fh': { op: 'getattr', handle: 0x800000009 },
  MKDIR: { op: 'mkdir', name: 'new', mode: 0o755 },
  RENAME: { op: 'rename', name: 'old', newName: 'new', newParent: 0x500000004, flags: 0 },
  RENAME2: { op: 'rename', name: 'old', newName: 'new', newParent: 0x500000004, flags: 1 },
  OPEN: { op: 'open', flags: 0o100000 },
  READ: { op: 'read', handle: 0x800000009, offset: 0x123456789a000, size: 1_048_576, flags: 0o100000 },
  RELEASE: { op: 'release', handle: 0x800000009 },
  FSYNC: { op: 'fsync', handle: 0x800000009 },
  GETXATTR: { op: 'getxattr', name: 'user.a/b', size: 4096 },
  LISTXATTR: { op: 'listxattr', size: 4096 },
  FLUSH: { op: 'flush', handle: 0x800000009 },
  INIT: {
    op: 'init',
    major: 7,
    minor: 38,
    maxReadAheadBytes: 131_072,
    flags: initFlags.INIT_EXT | initFlags.ASYNC_READ | initFlags.MAX_PAGES | initFlags.HAS_EXPIRE_ONLY,
  },
  READDIRPLUS: { op: 'readdirplus', handle: 9, offset: 0x700000006, size: 4096 },
  ACCESS: { op: 'access', mask: 5 },
  INTERRUPT: { op: 'interrupt', interrupted: 0x1122334455666 },
  LSEEK: { op: 'lseek', handle: 9, offset: 0x123456789abcd, whence: 3 },
  BATCH_FORGET: {
    op: 'forget',
    forgotten: [
      { node: 0x500000004, lookups: 1 },
      { node: 6, lookups: 0x300000002 },
    ],
  },
};

const attributes = {
  inode: header.node,
  size: 0x4000000003,
  modifiedMs: 1_700_000_000_250,
  mode: 0o100444,
  links: 3,
  uid: 1000,
  gid: 1001,
};
const entry = { node: 77, generation: 0x100000002, entryValidMs: 60_000, attributesValidMs: 1500, attributes };
const init = {
  major: 7,
  minor: 41,
  maxReadAheadBytes: 4_194_304,
  flags: initFlags.INIT_EXT | initFlags.MAX_PAGES | initFlags.HAS_EXPIRE_ONLY,
  maxBackground: 64,
  congestionThreshold: 48,
  maxWriteBytes: 65_536,
  timeGranularityNs: 1,
  maxPages: 256,
};
const statfs = {
  blockBytes: 4096,
  blocks: 0x200000001,
  freeBlocks: 5,
  files: 0x300000001,
  freeFiles: 7,
  maxNameBytes: 255,
};
const open = { handle: 0x800000009, flags: openReplyFlags.KEEP_CACHE | openReplyFlags.NOFLUSH };

const listing = (plus: boolean) => {
  const writer = new FolderWriter(4096, plus);
  writer.add({ name: '.', inode: 1, kind: 'folder', nextOffset: 1 });
  writer.add({ name: 'a.mkv', inode: header.node, kind: 'file', nextOffset: 2, entry });
  writer.add({ name: 'länger.n', inode: 12, kind: 'link', nextOffset: 0x700000003 });
  return writer.bytes;
};

const messages: Readonly<Record<string, () => Uint8Array>> = {
  fuse_out_header: () => replyHeader(unique, 1_048_576),
  'fuse_out_header error': () => errorReply(unique, errno.EIO),
  fuse_init_out: () => encodeInit(unique, init),
  fuse_entry_out: () => encodeEntry(unique, entry),
  fuse_attr_out: () => encodeAttributes(unique, attributes, 1500),
  fuse_open_out: () => encodeOpen(unique, open),
  fuse_statfs_out: () => encodeStatfs(unique, statfs),
  fuse_getxattr_out: () => encodeXattrSize(unique, 300),
  fuse_lseek_out: () => encodeLseek(unique, 0x123456789abcd),
  fuse_notify_inval_inode_out: () => invalidateInode(0x500000004, -1, 4096),
  fuse_notify_inval_entry_out: () => invalidateEntry(0x500000004, 'bäh'),
  fuse_notify_delete_out: () => announceDeletion(4, 0x500000006, 'bäh'),
  fuse_dirent: () => listing(false),
  fuse_direntplus: () => listing(true),
};

describe('requests as a C compiler lays them out', () => {
  it.each(Object.entries(requests))('%s is understood', (name, body) => {
    const node = name === 'BATCH_FORGET' ? 0 : header.node;
    const bytes = golden.get(name)!.slice();
    // The program gives all of them one header; the real one has no node here.
    if (node === 0) bytes.fill(0, 16, 24);
    expect(decodeRequest(bytes)).toEqual({ ...header, node, ...body });
    expect(encodeRequest({ ...header, node, ...body })).toHaveLength(bytes.length);
  });
});

describe('replies and notices as a C compiler lays them out', () => {
  it.each(Object.entries(messages))('%s', (name, encode) => {
    expect(Buffer.from(encode()).toString('hex')).toBe(Buffer.from(golden.get(name)!).toString('hex'));
  });

  it('has no other vectors', () => {
    expect([...golden.keys()]).toEqual([...Object.keys(requests), ...Object.keys(messages)]);
  });
});

describe('the kernel made of code', () => {
  const of = (name: string) => golden.get(name)!;

  it('reads what a C compiler laid out', () => {
    expect(decodeReply('init', of('fuse_init_out'))).toEqual({ unique, errno: 0, body: init });
    expect(decodeReply('lookup', of('fuse_entry_out')).body).toEqual(entry);
    expect(decodeReply('getattr', of('fuse_attr_out')).body).toEqual({ attributes, attributesValidMs: 1500 });
    expect(decodeReply('open', of('fuse_open_out')).body).toEqual(open);
    expect(decodeReply('statfs', of('fuse_statfs_out')).body).toEqual(statfs);
    expect(decodeReply('lseek', of('fuse_lseek_out')).body).toBe(0x123456789abcd);
    expect(decodeReply('read', of('fuse_out_header error'))).toEqual({ unique, errno: 5, body: undefined });
    expect(parseFolder(of('fuse_direntplus'), true).map((item) => item.entry?.node)).toEqual([0, 77, 0]);
    expect(parseFolder(of('fuse_dirent'), false)[2]).toEqual({
      name: 'länger.n',
      inode: 12,
      kind: 'link',
      nextOffset: 0x700000003,
    });
    expect(decodeNotice(of('fuse_notify_inval_inode_out'))).toEqual({
      kind: 'inode',
      node: 0x500000004,
      offset: -1,
      length: 4096,
    });
  });
});
