import fc from 'fast-check';
import type { EntryReply, FuseRequest } from '../../src/protocol/messages.js';

/** Any `uint16_t`. */
export const u16 = fc.nat(0xffff);
/** Any `uint32_t`. */
export const u32 = fc.nat(0xffff_ffff);
/** What the protocol has 64 bits for, as far as numbers reach. */
export const u64 = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.constant(Number.MAX_SAFE_INTEGER));

/** A name that is allowed: 1 to 255 bytes of any characters but slash and NUL. */
export const anyName = fc.oneof(
  fc
    .string({ unit: 'binary', minLength: 1, maxLength: 63 })
    .map((name) => name.replace(/[/\0]/g, '_'))
    .filter((name) => Buffer.byteLength(name) <= 255),
  fc.constantFrom('.', '..', '\ufeffname', 'a'.repeat(255), 'ü'.repeat(127), '\n', ' '),
);

const changing = [4, 6, 8, 13, 16, 21, 24, 35, 43, 47, 51, 53];
const unserved = [31, 32, 33, 37, 39, 40, 41, 48, 49, 50, 52, 7, 19, 54, 4096, 436_207_616, 0xffff_ffff, 0];

const handle = fc.record({ handle: u64 });
const listing = fc.record({ handle: u64, offset: u64, size: u32 });
const flags = fc.record({ flags: u32 });
const named = fc.record({ name: anyName });
const nothing = fc.record({});

const bodies = {
  // Bit 30 says that there are more than 32 flags; before 7.36 there never are.
  init: fc.oneof(
    fc.record({
      major: fc.constant(7),
      minor: fc.integer({ min: 36, max: 60 }),
      maxReadAheadBytes: u32,
      flags: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((bits) => bits | (1n << 30n)),
    }),
    fc.record({
      major: fc.constant(7),
      minor: fc.integer({ min: 6, max: 35 }),
      maxReadAheadBytes: u32,
      flags: fc.bigInt({ min: 0n, max: 2n ** 30n - 1n }),
    }),
  ),
  destroy: nothing,
  lookup: named,
  getattr: fc.record({ handle: fc.option(u64, { nil: undefined }) }),
  access: fc.record({ mask: u32 }),
  readlink: nothing,
  open: flags,
  read: fc.record({ handle: u64, offset: u64, size: u32, flags: u32 }),
  flush: handle,
  release: handle,
  fsync: handle,
  lseek: fc.record({ handle: u64, offset: u64, whence: u32 }),
  opendir: flags,
  readdir: listing,
  readdirplus: listing,
  releasedir: handle,
  fsyncdir: handle,
  statfs: nothing,
  getxattr: fc.record({ name: fc.oneof(anyName, fc.constant('user.a/b')), size: u32 }),
  listxattr: fc.record({ size: u32 }),
  interrupt: fc.record({ interrupted: u64 }),
  mkdir: fc.record({ name: anyName, mode: u32 }),
  unlink: named,
  rmdir: named,
  rename: fc.record({ name: anyName, newParent: u64, newName: anyName, flags: fc.nat(7) }),
  write: fc.record({ opcode: fc.constantFrom(...changing) }),
  unsupported: fc.record({ opcode: fc.constantFrom(...unserved) }),
} satisfies Record<Exclude<FuseRequest['op'], 'forget'>, fc.Arbitrary<object>>;

const header = fc.record({ unique: u64.map((value) => value || 1), node: u64, uid: u32, gid: u32, pid: u32 });

const forget = fc
  .tuple(header, fc.array(fc.record({ node: u64, lookups: u64 }), { minLength: 1, maxLength: 40 }))
  .map(([head, [first, ...others]]): FuseRequest => {
    // One node: the header names it. Several: the header names none.
    const single = others.length === 0 && first!.node !== 0;
    return { ...head, node: single ? first!.node : 0, op: 'forget', forgotten: [first!, ...others] };
  });

/** Any request as the kernel might make it. */
export const anyRequest: fc.Arbitrary<FuseRequest> = fc.oneof(
  forget,
  ...Object.entries(bodies).map(([op, body]) =>
    fc.tuple(header, body as fc.Arbitrary<object>).map(([head, rest]) => ({ ...head, op, ...rest }) as FuseRequest),
  ),
);

const validMs = fc.nat(1e9);

/** Any node as LOOKUP shows it. */
export const anyEntry: fc.Arbitrary<EntryReply> = fc.record({
  node: u64,
  generation: u64,
  entryValidMs: validMs,
  attributesValidMs: validMs,
  attributes: fc.record({
    inode: u64,
    size: u64,
    modifiedMs: fc.integer({ min: -8.64e12, max: 8.64e12 }),
    mode: u32,
    links: u32,
    uid: u32,
    gid: u32,
  }),
});
