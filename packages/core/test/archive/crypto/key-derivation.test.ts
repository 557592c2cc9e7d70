import { pbkdf2Sync } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKeyDerivation } from '../../../src/archive/crypto/create-key-derivation.js';
import { ArchiveUnsupportedError, ClosedError } from '../../../src/errors/index.js';

// The expected values were computed by a second implementation, in Python with hashlib, written from the descriptions of
// the formats. Keys made that way open archives of RAR 3, RAR 5 and 7-Zip, and RAR 7 opens archives encrypted with them,
// those with long passwords included.

let keys: ReturnType<typeof createKeyDerivation>;
beforeEach(() => {
  keys = createKeyDerivation();
});
afterEach(() => keys.close());

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const counted = (length: number) => Uint8Array.from({ length }, (_, index) => index);

describe('keys of RAR 5', () => {
  it.each([
    [
      'password',
      15,
      '345bf51b5fe7f1716cfac8af9de4f57d7ceba914be4ebc8a6afbfe88678a10e8',
      'c9399711eeb4f7ca765fe95e8dfdb3cd89deb389b62cd0bc0bdb338c21da853a',
      '04442c9e2f50b54b',
    ],
    [
      'pässwörd ключ',
      4,
      'a837eb618712f33f8ce197d02206d5455efe79384cf40cb034e9b05e4e678bd1',
      'f5ab45c5186448241dd6bde1c338e96ca78eda6a6daa699ed1c1e21cd96f1375',
      '1a049f9612df8764',
    ],
    [
      'x',
      0,
      'a527a417ab8a331ea2235ad87f0c3ab27836ec6cf0f2554df55b007ca2e3affc',
      'afeeae45c3258a4b599c3033b0c799042ea510d7c245e6a95c7fd86e8a41e193',
      '59b7fd31dd7c01ba',
    ],
    [
      '',
      1,
      'b01769faf6a2ed2eb6258f32dca850daa77c443f81273b0efb782e1023abdb25',
      'dd69b98e4b5b812bec08e7e10e68de2330b862550cce85dfd8185aaab7306fc6',
      '63c9956264301fdf',
    ],
  ])('%j, 2^%i rounds', async (password, log2Count, key, hashKey, check) => {
    const derived = await keys.rar5({ password, salt: counted(16), log2Count });
    expect({ key: hex(derived.key), hashKey: hex(derived.hashKey), check: hex(derived.check) }).toEqual({
      key,
      hashKey,
      check,
    });
  });

  it('are what three runs of PBKDF2 give, whatever the password', async () => {
    const request = fc.record({
      password: fc.string({ unit: 'grapheme', maxLength: 100 }),
      salt: fc.uint8Array({ minLength: 16, maxLength: 16 }),
      log2Count: fc.integer({ min: 0, max: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(request, async ({ password, salt, log2Count }) => {
        const run = (more: number) => pbkdf2Sync(password.slice(0, 127), salt, 2 ** log2Count + more, 32, 'sha256');
        const { key, hashKey, check } = await keys.rar5({ password, salt, log2Count });
        const folded = new Uint8Array(8);
        for (const [index, byte] of run(32).entries()) folded[index % 8]! ^= byte;
        expect([hex(key), hex(hashKey), hex(check)]).toEqual([hex(run(0)), hex(run(16)), hex(folded)]);
      }),
      { numRuns: 50 },
    );
  });
});

describe('keys of RAR 4', () => {
  it.each([
    ['a password', 'password', 8, '20f3fb49c2976b56cf873c55fbf242ed', '04c8774671e283d90519dca70a85fb65'],
    ['no salt', 'password', 0, '9bde0a0b8000e732fe25f1ba7e77012c', '353b447f82c586792fc594e64c4e67f9'],
    ['other scripts', 'ключ😀', 8, '57d7699e89509786cd65ded4a3b3dbfa', '7a7e7f75f0960cff6289bdb1e213a1e8'],
    ['28 characters', 'a'.repeat(28), 8, '839aff77ebc981520eeaaf0f153dcdba', '602e100a1004bf31e5bdf437d09afba5'],
    ['29 characters', 'a'.repeat(29), 8, '55174447c8ea37f043ad20e3d4638843', '4eeacaacdbc8fb65ec3b34ed8ab2530f'],
    ['100', '0123456789'.repeat(10), 8, '150d16a66e68acc850b7cadf3244bf2d', '86161d17dfe761b244c3495dcb795691'],
    [
      '127',
      '0123456789'.repeat(13).slice(0, 127),
      8,
      '73ecf1b9259c785bf873c808030ccb1f',
      '3ea74a6f1aaa890542f26a2140e32fd0',
    ],
    [
      '130, cut to 127',
      '0123456789'.repeat(13),
      8,
      '73ecf1b9259c785bf873c808030ccb1f',
      '3ea74a6f1aaa890542f26a2140e32fd0',
    ],
  ])('%s', async (_, password, saltBytes, key, iv) => {
    const salt = saltBytes === 0 ? undefined : counted(saltBytes);
    const derived = await keys.rar4({ password, salt });
    expect([hex(derived.key), hex(derived.iv)]).toEqual([key, iv]);
  });
});

describe('keys of 7z', () => {
  it.each([
    ['password', 0, 19, '97bc6e1f9adb6f6a2507fe6657ee8854b7091a0a117b746421b839210f5d7eef'],
    ['ключ😀', 8, 6, '1cc90c1030014cda8ea18647e59db8ab79eb674e4bb08e3cafd7e8689035a201'],
    ['', 16, 0, '818638ad150c9042a99f4e43bfd0f1b48bc7691645acb2cf9bc774869cd62b09'],
    ['password', 16, 10, '899f03c928b0f94a53172a3eaf43a2325f075914bb6c694b4abcf239afc07a27'],
    ['ab', 2, 63, `000161006200${'00'.repeat(26)}`],
    ['x'.repeat(40), 4, 63, `00010203${'7800'.repeat(14)}`],
  ])('%j, salt of %i bytes, 2^%i rounds', async (password, saltBytes, log2Count, key) => {
    expect(hex(await keys.sevenZip({ password, salt: counted(saltBytes), log2Count }))).toBe(key);
  });
});

const rar5 = (log2Count: number, signal?: AbortSignal) =>
  keys.rar5({ password: 'p', salt: counted(16), log2Count }, { signal });
const sevenZip = (log2Count: number, signal?: AbortSignal, password = 'p') =>
  keys.sevenZip({ password, salt: counted(8), log2Count }, { signal });

describe('a derivation of keys', () => {
  it.each([25, 62, 64, 255, -1, 1.5, Number.NaN])('refuses 2^%d rounds before anything starts', async (log2Count) => {
    for (const derived of [rar5(log2Count), sevenZip(log2Count)]) {
      const error = await derived.catch((error) => error);
      expect(error).toBeInstanceOf(ArchiveUnsupportedError);
      expect(error.reason).toBe('feature');
    }
  });

  it('refuses what would take minutes because of the password', async () => {
    await expect(sevenZip(24, undefined, 'x'.repeat(1000))).rejects.toBeInstanceOf(ArchiveUnsupportedError);
  });

  it('remembers keys, and derives those asked for at once only once', async () => {
    const [one, other] = await Promise.all([sevenZip(12), sevenZip(12)]);
    expect(other).toBe(one);
    expect(await sevenZip(12)).toBe(one);
    expect(await sevenZip(13)).not.toEqual(one);
    expect(await sevenZip(12, undefined, 'q')).not.toEqual(one);
    expect(await keys.rar4({ password: 'p', salt: undefined })).not.toEqual(
      await keys.rar4({ password: 'p', salt: new Uint8Array(8) }),
    );
  });

  it('forgets the oldest of many', async () => {
    const first = await sevenZip(0, undefined, 'first');
    for (let count = 0; count < 70; count++) await sevenZip(0, undefined, `${count}`);
    const again = await sevenZip(0, undefined, 'first');
    expect(again).toEqual(first);
    expect(again).not.toBe(first);
  });

  it('rejects with the very reason, at once, and lets others have what they share', async () => {
    const reason = new Error('enough');
    await expect(sevenZip(24, AbortSignal.abort(reason))).rejects.toBe(reason);
    for (const derive of [sevenZip, rar5]) {
      const controller = new AbortController();
      const left = derive(18, controller.signal);
      const stayed = derive(18);
      setTimeout(() => controller.abort(reason), 2);
      await expect(left).rejects.toBe(reason);
      expect(await stayed).toBeDefined();
    }
  });

  it('stops working when nobody waits any more', async () => {
    const controller = new AbortController();
    const long = sevenZip(24, controller.signal, 'x'.repeat(100)); // some seconds
    setTimeout(() => controller.abort(new Error('enough')), 5);
    await expect(long).rejects.toThrow('enough');
    const started = performance.now();
    await sevenZip(1);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('goes on after an abort that came while it waited for its turn', async () => {
    const controller = new AbortController();
    const first = sevenZip(16);
    const second = sevenZip(17, controller.signal);
    controller.abort(new Error('enough'));
    await expect(second).rejects.toThrow('enough');
    const again = sevenZip(17);
    expect(await first).not.toEqual(await again);
  });

  it('leaves the main loop turning', async () => {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    await sevenZip(20);
    await keys.rar4({ password: 'x'.repeat(127), salt: counted(8) });
    delay.disable();
    // Slices are 1 ms; what is allowed beyond is for machines that do other things meanwhile.
    expect(delay.percentile(50) / 1e6).toBeLessThan(5);
  });

  it('refuses after it was closed, and ends what is under way', async () => {
    const running = sevenZip(24);
    const closing = keys.close();
    expect(keys.close()).toBe(closing);
    await expect(running).rejects.toBeInstanceOf(ClosedError);
    for (const late of [sevenZip(1), rar5(1), keys.rar4({ password: '', salt: undefined })])
      await expect(late).rejects.toBeInstanceOf(ClosedError);
  });
});
