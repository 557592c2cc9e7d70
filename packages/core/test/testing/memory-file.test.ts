import { describe, expect, it } from 'vitest';
import { parseNzb } from '../../src/nzb/read-nzb.js';
import { deterministicBytes, memoryFile, nzbText } from '../../src/testing/memory-file.js';
import { memoryProvider } from '../../src/testing/memory-provider.js';

describe('memory file', () => {
  it('is listed by its NZB as it is', () => {
    const file = memoryFile({ name: 'a & "b" <c>.mkv', size: 1001, partBytes: 100 });
    expect(parseNzb(file.nzb).files).toEqual([{ ...file.nzbFile, nameHint: expect.any(String) }]);
    const plain = memoryFile({ name: 'plain name.mkv', size: 1001, partBytes: 100 });
    expect(parseNzb(plain.nzb)).toMatchObject({ files: [plain.nzbFile], warnings: [] });
    expect(plain.ids).toHaveLength(11);
  });

  it('is put together by its articles', () => {
    const file = memoryFile({ size: 1050, partBytes: 100, seed: 7 });
    const joined = new Uint8Array(1050);
    for (const { bytes, part } of file.articles.values()) joined.set(bytes, part?.range.start);
    expect(joined).toEqual(file.bytes);
    expect(file.bytes).toEqual(deterministicBytes(1050, 7));
    expect(memoryFile({ size: 1050, seed: 8 }).bytes).not.toEqual(file.bytes);
  });

  it('may share an NZB with others', () => {
    const files = [memoryFile({ name: 'a.bin', size: 10 }), memoryFile({ name: 'b.bin', size: 20 })];
    const parsed = parseNzb(
      nzbText(
        files.map((file) => file.nzbFile),
        { password: ['one & two'] },
      ),
    );
    expect(parsed.files).toEqual(files.map((file) => file.nzbFile));
    expect(parsed.meta['password']).toEqual(['one & two']);
  });
});

describe('memory provider', () => {
  it('poisons what is used after its release', async () => {
    const file = memoryFile({ size: 100 });
    const provider = memoryProvider({ articles: file.articles });
    const article = await provider.fetch(file.ids[0] as string);
    const { bytes } = article;
    expect(provider.held).toBe(1);
    article.release();
    expect(provider.held).toBe(0);
    expect(bytes.every((byte) => byte === 0xdb)).toBe(true);
  });
});
