import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPar2 } from '../../src/par2/packets.js';
import { readPar2 } from '../../src/par2/read-par2.js';
import { deterministicBytes } from '../../src/testing/memory-file.js';
import { packet, par2Packets } from './par2-bytes.js';

const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');
const small = deterministicBytes(100, 1);
const large = deterministicBytes(40_000, 2);
const packets = par2Packets([
  { name: 'small.nfo', bytes: small },
  { name: 'large.mkv', bytes: large },
]);
const whole = Buffer.concat(packets);
const names = (bytes: Uint8Array) => readPar2([bytes]).flatMap(({ files }) => files.map(({ name }) => name));

describe('PAR2 packets', () => {
  it('say what the files are', () => {
    expect(isPar2(whole)).toBe(true);
    const [set, ...others] = readPar2([whole]);
    expect(others).toEqual([]);
    expect(set?.setId).toMatch(/^[0-9a-f]{32}$/);
    expect(set).toMatchObject({ sliceBytes: 4096, fileCount: 2 });
    expect(set?.files.map(({ fileId: _, ...file }) => file)).toEqual([
      { name: 'small.nfo', size: 100, md5: md5(small), md5of16k: md5(small) },
      { name: 'large.mkv', size: 40_000, md5: md5(large), md5of16k: md5(large.subarray(0, 16_384)) },
    ]);
  });

  it('are found between recovery slices and damage, in any order and any number of files', () => {
    const slice = packet('RecvSlic', Buffer.alloc(16), deterministicBytes(50_000, 3));
    const [main, one, two] = packets as [Buffer, Buffer, Buffer];
    const first = Buffer.concat([slice, one, slice.subarray(0, 999), two, deterministicBytes(77, 4)]);
    const second = Buffer.concat([two, one, slice, main, one.subarray(0, 90)]);
    const [set, ...others] = readPar2([first, second]);
    expect(others).toEqual([]);
    expect(set?.sliceBytes).toBe(4096);
    expect(set?.files.map(({ name }) => name)).toEqual(['small.nfo', 'large.mkv']);
  });

  it('are left out where their checksum is wrong', () => {
    for (let at = 0; at < whole.length; at += 7) {
      const damaged = Uint8Array.from(whole);
      damaged[at] = ~(damaged[at] as number);
      const found = names(damaged);
      expect(found.length).toBeGreaterThan(0);
      for (const name of found) expect(['small.nfo', 'large.mkv']).toContain(name);
    }
  });

  it.each([
    ['UTF-8', Buffer.from('Zoë 映画.mkv'), undefined, 'Zoë 映画.mkv'],
    ['Windows-1252', Buffer.from('Zo\xeb.mkv', 'latin1'), undefined, 'Zoë.mkv'],
    ['a name in UTF-16 beside it', Buffer.from('Zo?.mkv'), 'Zoë.mkv', 'Zoë.mkv'],
    ['folders', Buffer.from('a/b\\c.mkv'), undefined, 'c.mkv'],
    ['a name that climbs', Buffer.from('../../etc/passwd'), undefined, 'passwd'],
    ['nothing usable', Buffer.from('..'), undefined, ''],
    ['a name ended by a zero', Buffer.from('a.mkv\0junk'), undefined, 'a.mkv'],
  ])('name files in %s', (_, name, unicodeName, expected) => {
    const bytes = Buffer.concat(par2Packets([{ name, bytes: small, ...(unicodeName && { unicodeName }) }]));
    expect(names(bytes)).toEqual([expected]);
  });

  it('of several sets are kept apart', () => {
    const other = Buffer.concat(par2Packets([{ name: 'other.mkv', bytes: small }], 8192));
    expect(readPar2([whole, other]).map(({ files }) => files.length)).toEqual([2, 1]);
  });

  it('are not believed when they cannot be right', () => {
    const file = Buffer.alloc(60, 0xff);
    const id = Buffer.alloc(16);
    for (const [type, body] of [
      ['FileDesc', file],
      ['FileDesc', Buffer.alloc(20)],
      ['Main', Buffer.alloc(4)],
      ['Main', Buffer.alloc(12)],
      ['UniFileN', Buffer.alloc(8)],
    ] as const)
      expect(readPar2([packet(type, id, body)])).toEqual([
        { setId: '0'.repeat(32), sliceBytes: undefined, fileCount: undefined, files: [] },
      ]);
    const long = Buffer.concat(par2Packets([{ name: 'n'.repeat(5000), bytes: small }]));
    expect(names(long)).toEqual([]);
  });

  it('take any bytes', () => {
    const part = fc.tuple(fc.nat(whole.length), fc.nat(whole.length)).map(([from, to]) => whole.subarray(from, to));
    const parts = fc.array(fc.oneof(part, fc.constantFrom(...packets), fc.uint8Array()), { maxLength: 10 });
    fc.assert(
      fc.property(parts, (pieces) => {
        for (const { files } of readPar2([Buffer.concat(pieces)]))
          for (const { name } of files) expect(['small.nfo', 'large.mkv']).toContain(name);
      }),
    );
  });

  it('do not keep their reader busy', () => {
    // A packet every 64 bytes, each of which claims to be 1 MiB long.
    const header = packet('FileDesc', Buffer.alloc(16), Buffer.alloc(0)).subarray(0, 64);
    header.writeBigUInt64LE(2n ** 20n, 8);
    const bytes = Buffer.concat(Array.from({ length: 65_536 }, () => header));
    const started = performance.now();
    expect(readPar2([bytes])).toEqual([]);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
