import { describe, expect, it } from 'vitest';
import { sevenZipSignature, sevenZipTotalSize } from '../../../src/archive/seven-zip/start-header.js';
import { packed } from '../../../src/testing/release/archive/byte-writer.js';
import { suiteBytes } from '../../../src/testing/suite-runner.js';
import { copied, made7z } from './support.js';

const archive = made7z([copied(suiteBytes(5000, 1))], [{ name: 'one' }]);
const program = Buffer.concat([Buffer.from('\x7fELF', 'latin1'), Buffer.alloc(3000, 1)]);

describe('the beginning of a 7z archive', () => {
  it('is found at once or behind a program', () => {
    expect(sevenZipSignature(archive.subarray(0, 6))).toBe(0);
    expect(sevenZipSignature(packed(program, archive))).toBe(program.length);
    expect(sevenZipSignature(packed(program, archive.subarray(0, 31)))).toBeUndefined();
    expect(sevenZipSignature(packed(Buffer.alloc(10), archive))).toBeUndefined();
    expect(sevenZipSignature(archive.subarray(0, 5))).toBeUndefined();
    expect(sevenZipSignature(new Uint8Array())).toBeUndefined();
  });

  it('tells the size of the whole', () => {
    expect(sevenZipTotalSize(archive.subarray(0, 32))).toBe(archive.length);
    expect(sevenZipTotalSize(packed(program, archive.subarray(0, 100)))).toBe(program.length + archive.length);
    expect(sevenZipTotalSize(archive.subarray(0, 31))).toBeUndefined();
    const damaged = archive.slice(0, 32);
    damaged[20] = 1 ^ (damaged[20] as number);
    expect(sevenZipTotalSize(damaged)).toBeUndefined();
  });
});
