import { crc32, deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readSevenZip } from '../../../src/archive/seven-zip/read-seven-zip.js';
import { packed } from '../../../src/testing/release/archive/byte-writer.js';
import { suiteBytes } from '../../../src/testing/suite-runner.js';
import {
  aroundHeader,
  coder,
  copied,
  encrypted,
  inputOf,
  type MadeFolder,
  made7z,
  packedHeader7z,
  rangesOf,
  reading,
} from './support.js';

const one = suiteBytes(1000, 1);
const two = suiteBytes(777, 2);
const three = suiteBytes(300_001, 3);
const read = (archive: Uint8Array, ...passwords: string[]) => readSevenZip(inputOf(archive), reading(...passwords));

function deflated(...contents: readonly Uint8Array[]): MadeFolder {
  const all = packed(...contents);
  return { ...copied(...contents), coders: [coder.deflate], packed: deflateRawSync(all) };
}

describe('the members of a 7z archive', () => {
  it('are ranges of the file where they are copied', async () => {
    const archive = made7z([copied(one), copied(two, three)], [{ name: 'a/one' }, { name: 'two' }, { name: 'three' }]);
    const { format, members, warnings } = await read(archive);
    expect([format, warnings]).toEqual(['7z', []]);
    expect(members.map(({ path, kind, size, crc32, isEncrypted }) => [path, kind, size, crc32, isEncrypted])).toEqual([
      ['a/one', 'file', 1000, crc32(one), false],
      ['two', 'file', 777, crc32(two), false],
      ['three', 'file', 300_001, crc32(three), false],
    ]);
    expect(members.map(({ content }) => rangesOf(content))).toEqual([[[32, 1032]], [[1032, 1809]], [[1809, 301_810]]]);
  });

  it('have names, times and kinds', async () => {
    const files = [
      { name: 'folder', kind: 'folder' as const, modifiedMs: 1_700_000_000_000 },
      { name: 'größe 🎬.mkv', modifiedMs: 1_600_000_000_123, attributes: 0x20 },
      { name: 'dir\\empty', kind: 'empty' as const },
      { name: 'gone', kind: 'anti' as const },
      { name: 'link', attributes: 0x8000 + 0xa1ff * 65_536 },
      { name: 'odd', attributes: 0x400 },
    ];
    const { members, warnings } = await read(made7z([copied(one, two, one)], files));
    expect(members.map(({ path, kind, size, modifiedMs }) => [path, kind, size, modifiedMs])).toEqual([
      ['folder', 'folder', 0, 1_700_000_000_000],
      ['größe 🎬.mkv', 'file', 1000, 1_600_000_000_123],
      ['dir/empty', 'file', 0, undefined],
      ['link', 'link', 777, undefined],
      ['odd', 'file', 1000, undefined],
    ]);
    expect(members[0]).not.toHaveProperty('content');
    expect(members[2]?.content).toEqual({ from: 'volume', volume: 0, start: 0, end: 0 });
    expect(members[4]?.refusal).toMatchObject({ reason: 'feature' });
    expect(warnings).toEqual(['1 marks that delete files were left out']);
  });

  it('have the checksum of a folder that holds them alone', async () => {
    const { members } = await read(made7z([copied(one), copied(two)], [{ name: 'one' }, { name: 'two' }], true));
    expect(members.map((member) => member.crc32)).toEqual([crc32(one), crc32(two)]);
  });

  it('share the recipe of a solid folder that is packed', async () => {
    const folder = deflated(one, two, three);
    const { members } = await read(made7z([folder], [{ name: 'one' }, { name: 'two' }, { name: 'three' }]));
    const whole = {
      from: 'codec',
      of: { from: 'volume', volume: 0, start: 32, end: 32 + folder.packed.length },
      codec: { method: 'deflate' },
      size: 301_778,
    };
    expect(members[1]?.content).toEqual({ from: 'slice', of: whole, start: 1000, end: 1777 });
    const shared = members.map(({ content }) => (content?.from === 'slice' ? content.of : undefined));
    expect(new Set(shared).size).toBe(1);
  });

  it('are refused by the name of a method that is not unpacked, and others are not', async () => {
    const folders = [
      { ...copied(one), coders: [coder.bcj, coder.lzma2], sizes: [1000, 1000] },
      { ...copied(two), coders: [coder.ppmd] },
      copied(three),
    ];
    const { members } = await read(made7z(folders, [{ name: 'exe' }, { name: 'text' }, { name: 'film' }]));
    expect(members.map(({ refusal }) => refusal?.message)).toEqual([
      'BCJ x86 is not unpacked',
      'PPMd is not unpacked',
      undefined,
    ]);
    expect(members[0]?.refusal).toMatchObject({ code: 'ERR_ARCHIVE_UNSUPPORTED', format: '7z', reason: 'compressed' });
    expect(members[0]).not.toHaveProperty('content');
    expect(members[2]).toHaveProperty('content');
  });

  it('are refused alone when their bytes lie behind the end of the file', async () => {
    const whole = made7z([copied(one), copied(two)], [{ name: 'one' }, { name: 'two' }]);
    // The second packed size in the header, in two bytes.
    const header = Buffer.from(whole.subarray(32 + 1777));
    const at = header.indexOf(Buffer.from([0x83, 0xe8, 0x83, 0x09]));
    header.set([0xbf, 0xff], at + 2);
    const { members } = await read(aroundHeader(whole.subarray(32, 32 + 1777), header));
    expect(members.map(({ refusal }) => refusal)).toEqual([
      undefined,
      expect.objectContaining({ reason: 'incomplete' }),
    ]);
  });

  it('are none in an empty archive', async () => {
    expect((await read(made7z([], []))).members).toEqual([]);
    expect((await read(aroundHeader(new Uint8Array(), new Uint8Array()))).members).toEqual([]);
  });

  it('are found by two reads', async () => {
    const input = inputOf(packedHeader7z([copied(three)], [{ name: 'three' }], (header) => copied(header)));
    const { members } = await readSevenZip(input, reading());
    expect(members.map(({ path }) => path)).toEqual(['three']);
    expect(input.reads.length).toBe(2);
    expect(input.reads[1]![0]).toBeGreaterThan(input.size - 40_000);
  });

  it('are found behind a program', async () => {
    const program = Buffer.concat([Buffer.from('MZ'), Buffer.alloc(200_000, '7z\xbc\xaf\x27\x1c', 'latin1')]);
    const archive = packed(program, made7z([copied(one)], [{ name: 'one' }]));
    const { members } = await read(archive);
    expect(rangesOf(members[0]?.content)).toEqual([[program.length + 32, program.length + 1032]]);
  });
});

describe('encrypted 7z archives', () => {
  const files = [{ name: 'one' }, { name: 'two' }];
  const header = (folder: MadeFolder) => packedHeader7z([folder], files, (bytes) => encrypted(copied(bytes), 'secret'));

  it('give decrypted bytes, cut to size', async () => {
    const { members, warnings } = await read(made7z([encrypted(copied(one, two), 'secret')], files), 'no', 'secret');
    expect(warnings).toEqual([]);
    const [first, second] = members.map(({ content }) => content);
    if (first?.from !== 'slice' || second?.from !== 'slice') throw new Error('no slices');
    expect([first.start, first.end, second.start, second.end]).toEqual([0, 1000, 1000, 1777]);
    expect(first.of).toBe(second.of);
    expect(first.of).toMatchObject({ from: 'aes-cbc', of: { from: 'volume', volume: 0, start: 32, end: 32 + 1792 } });
    expect(members.every(({ isEncrypted }) => isEncrypted)).toBe(true);
  });

  it('are listed without a password, but not read', async () => {
    const archive = made7z([encrypted(copied(one), 'secret'), copied(two)], files);
    for (const [passwords, reason] of [
      [[], 'required'],
      [['wrong', 'secret '], 'wrong'],
    ] as const) {
      const { members } = await read(archive, ...passwords);
      expect(members[0]?.refusal).toMatchObject({ code: 'ERR_PASSWORD', reason });
      expect(members[0]).not.toHaveProperty('content');
      expect(members[1]).toHaveProperty('content');
    }
  });

  it('with large members have the password checked by what fills the last block', async () => {
    const archive = made7z([encrypted(copied(three), 'secret')], [{ name: 'three' }]);
    const { members, warnings } = await read(archive, 'wrong', 'secret');
    expect(members[0]?.content).toMatchObject({ from: 'slice', start: 0, end: 300_001 });
    expect(warnings).toEqual([expect.stringContaining('could not be checked')]);
    expect((await read(archive, 'wrong')).members[0]?.refusal).toMatchObject({ reason: 'wrong' });
  });

  it('with encrypted headers need the password to be listed', async () => {
    const archive = header(encrypted(copied(one, two), 'secret'));
    await expect(read(archive)).rejects.toMatchObject({ code: 'ERR_PASSWORD', reason: 'required' });
    await expect(read(archive, 'wrong')).rejects.toMatchObject({ code: 'ERR_PASSWORD', reason: 'wrong' });
    const { members } = await read(archive, 'wrong', 'secret');
    expect(members.map(({ path, content }) => [path, content?.from])).toEqual([
      ['one', 'slice'],
      ['two', 'slice'],
    ]);
  });
});
