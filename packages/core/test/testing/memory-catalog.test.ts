import { describe, expect, it } from 'vitest';
import { adapterHost, manualClock, memoryCatalog } from '../../src/testing.js';

const bytes = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 7 + (index >> 8)) & 0xff);
const collect = async (pieces: AsyncIterable<Uint8Array>) => {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return Buffer.concat(parts);
};

describe('memoryCatalog', () => {
  it('streams and reads what was put in, and counts handles', async () => {
    const catalog = memoryCatalog({ '/a/b.bin': bytes });
    const handle = await catalog.open('/a/b.bin');
    expect(catalog.openHandles).toBe(1);
    expect(Buffer.compare(await collect(handle.stream({ start: 10, end: 150_000 })), bytes.subarray(10, 150_000))).toBe(
      0,
    );
    expect(Buffer.compare(await handle.read(199_990, 100), bytes.subarray(199_990))).toBe(0);
    const loan = await handle.lend(0, 131_072);
    expect(loan.byteLength).toBe(131_072);
    expect(catalog.openLeases).toBe(2);
    loan.release();
    expect(catalog.openLeases).toBe(0);
    await handle.close();
    await expect(handle.read(0, 1)).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    expect(catalog.openHandles).toBe(0);
    expect(catalog.opened).toBe(1);
    expect(catalog.reads[0]).toEqual({ path: '/a/b.bin', range: { start: 10, end: 150_000 }, label: undefined });
  });

  it('delivers the bytes before a fault and then fails as told', async () => {
    const catalog = memoryCatalog({ '/a.bin': bytes }, { pieceBytes: 1000 });
    const told = new Error('told');
    catalog.fault('/a.bin', { failAt: 2500, error: told });
    const handle = await catalog.open('/a.bin');
    let seen = 0;
    const reading = async () => {
      for await (const piece of handle.stream()) seen += piece.length;
    };
    await expect(reading()).rejects.toBe(told);
    expect(seen).toBe(2500);
    await expect(handle.read(2000, 1000)).rejects.toBe(told);
    expect((await handle.read(0, 2500)).length).toBe(2500);
    expect(catalog.openLeases).toBe(0);
    catalog.fault('/a.bin', {});
    expect((await handle.read(2000, 1000)).length).toBe(1000);
  });

  it('is as slow as told, and an abort ends the wait and leaves no timer', async () => {
    const clock = manualClock();
    const catalog = memoryCatalog({ '/a.bin': bytes }, { clock });
    catalog.fault('/a.bin', { delayMs: 50 });
    const handle = await catalog.open('/a.bin');
    const reading = handle.read(0, 10);
    await Promise.resolve();
    clock.advance(50);
    expect((await reading).length).toBe(10);
    const controller = new AbortController();
    const aborted = handle.read(0, 10, { signal: controller.signal });
    await Promise.resolve();
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    expect(clock.pending).toBe(0);
  });

  it('changes the version and the ETag when bytes are replaced, and fails handles opened before', async () => {
    const catalog = memoryCatalog({ '/a.bin': 'one' });
    const changed: number[] = [];
    catalog.events.on('entry:changed', ({ entry, fromVersion }) => changed.push(fromVersion, entry.version));
    const before = await catalog.stat('/a.bin');
    const handle = await catalog.open('/a.bin');
    catalog.put('/a.bin', 'two');
    const after = await catalog.stat('/a.bin');
    expect(after.id).toBe(before.id);
    expect(after.etag).not.toBe(before.etag);
    expect(changed).toEqual([1, 2]);
    await expect(handle.read(0, 1)).rejects.toMatchObject({ code: 'ERR_FILE_CHANGED' });
  });
});

describe('adapterHost', () => {
  it('grants only what it is told to', () => {
    const catalog = memoryCatalog({ '/a.bin': 'one' });
    const plain = adapterHost(catalog);
    expect(plain.edits).toBeUndefined();
    expect(plain.events).toBe(catalog.events);
    expect(plain.snapshot().catalog.revision).toBe(catalog.revision);
    const granted = adapterHost(catalog, {
      edits: true,
      snapshot: () => ({ readers: { handles: 3, streams: 1 } }),
    });
    expect(granted.edits).toBe(catalog);
    expect(granted.snapshot().readers.handles).toBe(3);
  });
});
