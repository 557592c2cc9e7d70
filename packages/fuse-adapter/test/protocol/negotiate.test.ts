import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { initFlags, negotiate, type RequestOf, type WantedConnection } from '../../src/protocol/index.js';
import { u16, u32 } from './any-message.js';

const everything = Object.values(initFlags).reduce((all, flag) => all | flag, 0n);
const init = (change: Partial<RequestOf<'init'>> = {}): RequestOf<'init'> => ({
  ...{ unique: 2, node: 0, uid: 0, gid: 0, pid: 0, op: 'init', major: 7, minor: 41 },
  ...{ maxReadAheadBytes: 131_072, flags: everything },
  ...change,
});
const wanted: WantedConnection = {
  flags: initFlags.ASYNC_READ | initFlags.MAX_PAGES | initFlags.DO_READDIRPLUS | initFlags.HAS_EXPIRE_ONLY,
  maxReadAheadBytes: 4_194_304,
  maxBackground: 64,
  maxWriteBytes: 61_440,
  maxPages: 256,
};
const agreed = (request: RequestOf<'init'>, wish = wanted) => {
  const result = negotiate(request, wish);
  if (result.outcome !== 'agreed') throw new Error(result.outcome);
  return result.reply;
};

describe('negotiate', () => {
  it('agrees on what both sides have', () => {
    expect(agreed(init())).toEqual({
      major: 7,
      minor: 41,
      maxReadAheadBytes: 131_072,
      flags: wanted.flags | initFlags.INIT_EXT,
      maxBackground: 64,
      congestionThreshold: 48,
      maxWriteBytes: 61_440,
      timeGranularityNs: 1,
      maxPages: 256,
    });
  });

  it.each([
    [31, 31],
    [38, 38],
    [41, 41],
    [45, 41],
  ])('speaks to a kernel of 7.%i the language of 7.%i', (minor, expected) => {
    expect(agreed(init({ minor })).minor).toBe(expected);
  });

  it.each([
    [7, 30],
    [7, 0],
    [6, 99],
    [0, 0],
  ])('refuses a kernel of %i.%i', (major, minor) => {
    expect(negotiate(init({ major, minor }), wanted)).toEqual({ outcome: 'refused', offered: `${major}.${minor}` });
  });

  it('tells a kernel of another generation its own version and waits to be asked again', () => {
    expect(negotiate(init({ major: 8, minor: 0 }), wanted)).toMatchObject({
      outcome: 'again',
      reply: { major: 7, flags: 0n, maxPages: 0 },
    });
  });

  it('does without what a kernel does not offer', () => {
    const plain = agreed(init({ minor: 31, flags: initFlags.ASYNC_READ }));
    expect(plain).toMatchObject({ flags: initFlags.ASYNC_READ, maxPages: 32 });
  });

  it('mentions the upper half of the flags only when it wants some of it', () => {
    expect(agreed(init(), { ...wanted, flags: initFlags.ASYNC_READ }).flags).toBe(initFlags.ASYNC_READ);
  });

  it('exceeds neither side, nor what the reply has room for', () => {
    const flags = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    const wish = fc.record({ flags, maxReadAheadBytes: u32, maxBackground: u32, maxWriteBytes: u32, maxPages: u32 });
    fc.assert(
      fc.property(
        fc.record({ maxReadAheadBytes: u32, flags, minor: u16.filter((n) => n > 30) }),
        wish,
        (offer, want) => {
          const reply = agreed(init(offer), want);
          expect(reply.flags & ~offer.flags).toBe(0n);
          expect(reply.flags & ~(want.flags | initFlags.INIT_EXT)).toBe(0n);
          expect(reply.maxReadAheadBytes).toBe(Math.min(offer.maxReadAheadBytes, want.maxReadAheadBytes));
          for (const short of [reply.maxBackground, reply.congestionThreshold, reply.maxPages])
            expect(short).toBeLessThanOrEqual(0xffff);
          expect(reply.congestionThreshold).toBeLessThanOrEqual(reply.maxBackground);
          expect(reply.maxPages).toBeGreaterThan(0);
          expect(reply.maxWriteBytes).toBeGreaterThanOrEqual(4096);
        },
      ),
    );
  });
});
