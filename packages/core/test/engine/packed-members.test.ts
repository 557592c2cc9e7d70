import { deflateRawSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { createEngine, type Engine } from '../../src/index.js';
import { isSameBytes, suiteBytes } from '../../src/testing/suite-runner.js';
import { makeRelease } from '../../src/testing.js';
import { madeLzma2 } from '../archive/codec/lzma-encoder.js';
import { coder, copied, type MadeFolder, made7z } from '../archive/seven-zip/support.js';

const open: Engine[] = [];
afterEach(async () => {
  for (const engine of open.splice(0)) await engine.close();
});

/** Files in a solid folder. */
function solid(packed: MadeFolder['packed'], by: MadeFolder['coders'], files: readonly Uint8Array[]): MadeFolder {
  return { ...copied(...files), coders: by, packed };
}

async function added(archive: Uint8Array) {
  const release = makeRelease({ name: 'Packed', files: [{ name: 'packed.7z', bytes: archive }], partBytes: 20_000 });
  const engine = await createEngine({ providers: [(context) => release.provider(context as never)] });
  open.push(engine);
  return { engine, path: (await engine.library.add(release.nzb)).path };
}

describe('packed members of a release', () => {
  const { packed, data } = madeLzma2(30, 65_536, 3);
  const parts = [data.subarray(0, 50_000), data.subarray(50_000, 50_007), data.subarray(50_007)];
  const text = Buffer.alloc(400_000, 'what is said over and over ');
  const folders = [
    solid(packed, [coder.lzma2], parts),
    solid(new Uint8Array(deflateRawSync(text)), [coder.deflate], [text]),
    copied(suiteBytes(30_000, 1)),
  ];
  const names = ['a.bin', 'b.bin', 'c.bin', 'text.txt', 'plain.bin'];
  const expected = [...parts, text, suiteBytes(30_000, 1)];

  it('are read as others are, from any place', async () => {
    const { engine, path } = await added(
      made7z(
        folders,
        names.map((name) => ({ name })),
      ),
    );
    for (const [at, name] of names.entries()) {
      const bytes = expected[at] as Uint8Array;
      const handle = await engine.library.open(`${path}/${name}`);
      expect(handle.size).toBe(bytes.length);
      const middle = bytes.length >> 1;
      expect(isSameBytes(await handle.read(middle, 1000), bytes.subarray(middle, middle + 1000))).toBe(true);
      const pieces: Uint8Array[] = [];
      for await (const piece of handle.stream()) pieces.push(piece);
      expect(isSameBytes(Buffer.concat(pieces), bytes)).toBe(true);
      await handle.close();
    }
  });
});
