import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRequest, errno, type FuseRequest, MalformedRequest, opcodeName } from '../../src/protocol/index.js';
import { encodeRaw, encodeRequest } from '../kernel-messages.js';
import { pack, type StructName } from '../kernel-structs.js';
import { anyRequest } from './any-message.js';

const outcome = (bytes: Uint8Array): FuseRequest | MalformedRequest => {
  try {
    return decodeRequest(bytes);
  } catch (error) {
    if (error instanceof MalformedRequest) return error;
    throw error;
  }
};
const refusal = (bytes: Uint8Array) => {
  const result = outcome(bytes);
  return result instanceof MalformedRequest ? { errno: result.errno, unique: result.unique } : result;
};
const tooLarge = 2n ** 53n;
const [unanswered, noName] = [[2, 36, 42], { errno: errno.EINVAL, unique: undefined }];

describe('decodeRequest', () => {
  it('understands every request the kernel can write', () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        expect(decodeRequest(encodeRequest(request))).toEqual(request);
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps nothing of the bytes', () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        const bytes = encodeRequest(request);
        const decoded = decodeRequest(bytes);
        bytes.fill(0xff);
        expect(decoded).toEqual(request);
      }),
      { numRuns: 200 },
    );
  });

  it('allows for structs to grow at their end', () => {
    const request: FuseRequest = { unique: 4, node: 1, uid: 0, gid: 0, pid: 0, op: 'unlink', name: 'a' };
    expect(decodeRequest(encodeRaw(request, 10, 'a', new Uint8Array(24).fill(7)))).toEqual(request);
  });

  it.each([
    ['a NUL at once', '', errno.EINVAL],
    ['a slash', 'a/b', errno.EINVAL],
    ['256 bytes', 'ü'.repeat(128), errno.ENAMETOOLONG],
    ['no NUL', Buffer.from('name'), errno.EINVAL],
    ['no UTF-8', Buffer.from('\xff\0', 'latin1'), errno.EILSEQ],
    ['UTF-8 that is cut', Buffer.from('a\xc3\0', 'latin1'), errno.EILSEQ],
    ['half of a surrogate pair', Buffer.from('\xed\xa0\x80\0', 'latin1'), errno.EILSEQ],
  ])('refuses a name with %s', (_what, name, expected) => {
    for (const opcode of [1, 10, 11])
      expect(refusal(encodeRaw({}, opcode, name))).toEqual({ errno: expected, unique: 2 });
    expect(refusal(encodeRaw({}, 9, pack('fuse_mkdir_in'), name))).toMatchObject({ errno: expected });
    expect(refusal(encodeRaw({}, 12, pack('fuse_rename_in'), 'old', name))).toMatchObject({ errno: expected });
    expect(refusal(encodeRaw({}, 45, pack('fuse_rename2_in'), name, 'new'))).toMatchObject({ errno: expected });
  });

  it('lets attribute names have a slash', () => {
    expect(decodeRequest(encodeRaw({}, 22, pack('fuse_getxattr_in'), 'user.a/b'))).toMatchObject({ name: 'user.a/b' });
  });

  it.each<[number, StructName, string, number]>([
    [2, 'fuse_forget_in', 'nlookup', errno.EINVAL],
    [3, 'fuse_getattr_in', 'fh', errno.EINVAL],
    [12, 'fuse_rename_in', 'newdir', errno.EINVAL],
    [15, 'fuse_read_in', 'fh', errno.EINVAL],
    [15, 'fuse_read_in', 'offset', errno.EOVERFLOW],
    [18, 'fuse_release_in', 'fh', errno.EINVAL],
    [28, 'fuse_read_in', 'offset', errno.EINVAL],
    [36, 'fuse_interrupt_in', 'unique', errno.EINVAL],
    // lseek(fd, -1, SEEK_DATA) comes as it is.
    [46, 'fuse_lseek_in', 'offset', errno.ENXIO],
  ])('refuses opcode %i with a %s whose %s is no safe integer', (opcode, struct, field, expected) => {
    const flags = struct === 'fuse_getattr_in' ? { getattr_flags: 1 } : {};
    for (const value of [tooLarge, 2n ** 64n - 1n])
      expect(refusal(encodeRaw({}, opcode, pack(struct, { ...flags, [field]: value }), 'a', 'b'))).toEqual({
        errno: expected,
        unique: unanswered.includes(opcode) ? undefined : 2,
      });
    expect(
      outcome(encodeRaw({}, opcode, pack(struct, { ...flags, [field]: tooLarge - 1n }), 'a', 'b')),
    ).not.toBeInstanceOf(MalformedRequest);
  });

  it('refuses a request it could not answer, and one about no node of ours', () => {
    expect(refusal(encodeRaw({ unique: 0 }, 17))).toEqual(noName);
    expect(refusal(encodeRaw({ unique: tooLarge }, 17))).toEqual(noName);
    expect(refusal(encodeRaw({ node: tooLarge }, 17))).toEqual({ errno: errno.EINVAL, unique: 2 });
  });

  it('believes no length', () => {
    const bytes = encodeRaw({}, 17);
    for (const length of [0, 39, 41, 0xffff_ffff]) {
      new DataView(bytes.buffer).setUint32(0, length, true);
      expect(refusal(bytes)).toEqual({ errno: errno.EINVAL, unique: 2 });
    }
    const counted = (count: number) =>
      encodeRaw({ node: 0 }, 42, pack('fuse_batch_forget_in', { count }), pack('fuse_forget_one', { nodeid: 5 }));
    expect(outcome(counted(1))).toMatchObject({ forgotten: [{ node: 5, lookups: 0 }] });
    for (const count of [2, 0x1000_0000, 0xffff_ffff]) expect(refusal(counted(count))).toEqual(noName);
  });

  it('takes INIT of a kernel of another generation for its version alone', () => {
    const body = pack('fuse_init_in', { major: 8, minor: 1 }).subarray(0, 8);
    expect(decodeRequest(encodeRaw({}, 26, body))).toMatchObject({ op: 'init', major: 8, minor: 1, flags: 0n });
  });

  it('ignores what no flag says is there', () => {
    const init = pack('fuse_init_in', { major: 7, minor: 41, flags: 1, flags2: 0xffff_ffff });
    expect(decodeRequest(encodeRaw({}, 26, init))).toMatchObject({ flags: 1n });
    const getattr = pack('fuse_getattr_in', { fh: 2n ** 64n - 1n });
    expect(decodeRequest(encodeRaw({}, 3, getattr))).toMatchObject({ op: 'getattr', handle: undefined });
  });

  it('knows every opcode of 7.41 by name', () => {
    const gaps = [0, 7, 19];
    for (let opcode = 0; opcode <= 51; opcode++)
      expect(opcodeName(opcode)).toMatch(gaps.includes(opcode) ? /^opcode \d+$/ : /^[A-Z_0-9]+$/);
  });
});

describe('bytes that are no request', () => {
  it('are refused or read, never worse', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void outcome(bytes)),
      { numRuns: 2000 },
    );
    // With an honest header, the bodies are reached.
    const opcode = fc.nat(60);
    fc.assert(
      fc.property(opcode, fc.uint8Array({ maxLength: 200 }), (code, body) => void outcome(encodeRaw({}, code, body))),
      { numRuns: 5000 },
    );
  });

  it('are refused when they end too early', () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        const whole = encodeRequest(request);
        for (let length = 0; length < whole.length; length++) {
          const cut = whole.slice(0, length);
          expect(outcome(cut)).toBeInstanceOf(MalformedRequest);
          if (length < 40) continue;
          new DataView(cut.buffer).setUint32(0, length, true);
          const result = outcome(cut);
          if (request.op === 'write' || request.op === 'unsupported') expect(result).toEqual(request);
          // INIT may end after its version or after its flags; everything else is whole or nothing.
          else if (request.op !== 'init') expect(result).toBeInstanceOf(MalformedRequest);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('are refused or read when some have changed', () => {
    const change = fc.tuple(fc.nat(300), fc.nat(255));
    fc.assert(
      fc.property(anyRequest, fc.array(change, { minLength: 1, maxLength: 6 }), (request, changes) => {
        const bytes = encodeRequest(request);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        const result = outcome(bytes);
        if (result instanceof MalformedRequest) expect(result.errno).toBeGreaterThan(0);
        else
          for (const value of Object.values(result))
            if (typeof value === 'number') expect(Number.isSafeInteger(value)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  it('take no long, however many of them', () => {
    const worst = encodeRaw({}, 42, pack('fuse_batch_forget_in', { count: 4000 }), new Uint8Array(64_000));
    const endless = encodeRaw({}, 1, new Uint8Array(64_000).fill(97));
    const startMs = performance.now();
    for (let round = 0; round < 100; round++) for (const bytes of [worst, endless]) outcome(bytes);
    expect(performance.now() - startMs).toBeLessThan(1000);
  });
});
