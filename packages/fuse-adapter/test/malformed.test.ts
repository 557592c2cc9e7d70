import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeRaw } from './kernel-requests.js';
import { mount, pattern } from './support.js';

describe('bytes that are no request', () => {
  it('are answered when they say whom to answer, and harm nobody', async () => {
    const { kernel, adapter } = await mount({ '/a': 'hello' });
    const { connection } = kernel;
    const short = encodeRaw({ unique: 500, node: 1 }, 15, new Uint8Array(8)); // READ without most of its body
    expect((await connection.sendRaw('read', 500, short)).errno).toBeGreaterThan(0);
    const unknown = encodeRaw({ unique: 502, node: 1 }, 4711);
    expect((await connection.sendRaw('unsupported', 502, unknown)).errno).toBe(38);
    expect(Buffer.from(await kernel.readFile('/a')).toString()).toBe('hello');
    expect(adapter.isMounted).toBe(true);
  });

  it('whatever they are', async () => {
    const { kernel } = await mount({ '/a': pattern(10_000), '/b/c': 'x' });
    const file = await kernel.open('/a');
    let unique = 1_000_000;
    const bytes = fc.uint8Array({ maxLength: 200 });
    const number = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    // FORGET, INTERRUPT, NOTIFY_REPLY and BATCH_FORGET are not answered.
    const opcode = fc
      .oneof(fc.integer({ min: 0, max: 60 }), fc.nat())
      .filter((each) => ![2, 36, 41, 42].includes(each));
    const near = fc.oneof(fc.constantFrom(1n, BigInt(file.node), BigInt(file.handle)), number);
    await fc.assert(
      fc.asyncProperty(opcode, near, bytes, fc.array(near, { maxLength: 6 }), async (op, node, tail, words) => {
        unique += 2;
        const body = Buffer.alloc(words.length * 8);
        words.forEach((word, index) => void body.writeBigUInt64LE(word, index * 8));
        const raw = encodeRaw({ unique, node }, op, body, tail);
        await kernel.connection.sendRaw('read', unique, raw); // as what may be answered with anything
      }),
      { numRuns: 3_000 },
    );
    const direct = await kernel.readDirect(file, 0, 10_000).catch(() => undefined);
    // One of the bytes may have been a RELEASE of the file.
    if (direct !== undefined) expect(Buffer.compare(direct, pattern(10_000))).toBe(0);
    expect((await kernel.readFile('/b/c')).length).toBe(1);
  });
});
