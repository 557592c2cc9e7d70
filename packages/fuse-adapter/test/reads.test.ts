import { ArticleCorruptError, ArticleMissingError, TimeoutError } from '@newsreel/core';
import { manualClock, memoryCatalog } from '@newsreel/core/testing';
import { describe, expect, it } from 'vitest';
import type { FuseOptions } from '../src/options.js';
import { HeldHandle, openedBy } from './doubles.js';
import { afterTest, errnoIn, type Mount, mount, pattern, until } from './support.js';

const read = (handle: number, offset: number, size: number) =>
  ({ op: 'read', handle, offset, size, flags: 0 }) as const;

/** A file whose reads the test answers. */
async function held(
  bytes: Uint8Array,
  options: Partial<FuseOptions> = {},
  more: Parameters<typeof mount>[2] = {},
): Promise<Mount & { readonly handles: HeldHandle[] }> {
  const handles: HeldHandle[] = [];
  const catalog = openedBy(memoryCatalog({ '/a.mkv': bytes }), async () => {
    const handle = new HeldHandle(bytes.length);
    handles.push(handle);
    return handle;
  });
  const mounted = await mount(catalog, options, more);
  afterTest(() => {
    for (const { loans } of handles) expect(loans).toBe(0);
  });
  return { ...mounted, handles };
}

describe('reading', () => {
  it('gives every byte, in requests of any size, past the end as well', async () => {
    const bytes = pattern(1_000_003);
    const { kernel } = await mount({ '/a.mkv': bytes });
    for (const chunk of [4096, 131_072, 1_048_576]) {
      expect(Buffer.compare(await kernel.readFile('/a.mkv', undefined, chunk), bytes)).toBe(0);
      await kernel.forgetAll();
    }
    const file = await kernel.open('/a.mkv');
    const direct = async (offset: number, size: number) => (await kernel.readDirect(file, offset, size)).length;
    expect(await direct(1_000_000, 4096)).toBe(3);
    expect(await direct(1_000_003, 4096)).toBe(0);
    expect(await direct(2 ** 40, 4096)).toBe(0);
    expect(await direct(0, 0)).toBe(0);
    await kernel.release(file);
  });

  it('serves an empty file', async () => {
    const { kernel } = await mount({ '/empty': '' });
    expect((await kernel.readFile('/empty')).length).toBe(0);
  });

  it('says whose bytes they are', async () => {
    const { catalog, kernel } = await mount({ '/a.mkv': 'hello' }, { label: 'cinema' });
    await kernel.readFile('/a.mkv');
    expect(catalog.reads.map(({ label }) => label)).toEqual(['cinema']);
  });

  it('answers parallel requests in the order their bytes come', async () => {
    const bytes = pattern(512 * 1024);
    const { kernel, handles } = await held(bytes);
    const file = await kernel.open('/a.mkv');
    const asked = [3, 0, 2, 1].map((part) => kernel.readDirect(file, part * 131_072, 131_072));
    const reads = handles[0]!.reads;
    expect(reads.map(({ position }) => position)).toEqual([393_216, 0, 262_144, 131_072]);
    const order: number[] = [];
    asked.forEach((each, index) => void each.then(() => order.push(index)));
    for (const index of [2, 0, 3, 1]) {
      const { position, length } = reads[index]!;
      reads[index]!.answer(bytes.subarray(position, position + length));
      await asked[index];
    }
    expect(order).toEqual([2, 0, 3, 1]);
    const parts = await Promise.all(asked);
    expect(Buffer.compare(Buffer.concat([parts[1]!, parts[3]!, parts[2]!, parts[0]!]), bytes)).toBe(0);
    await kernel.release(file);
  });

  it('has a handle for each open, closed with it', async () => {
    const { adapter, kernel, handles } = await held(pattern(8192));
    const [one, other] = [await kernel.open('/a.mkv'), await kernel.open('/a.mkv')];
    expect([one!.node === other!.node, one!.handle === other!.handle, handles.length]).toEqual([true, false, 2]);
    const waiting = errnoIn(kernel.readDirect(other!, 0, 10));
    await kernel.release(one!);
    expect(handles.map(({ closes }) => closes)).toEqual([1, 0]);
    handles[1]!.reads[0]!.answer(pattern(10));
    expect(await waiting).toBe('no error');
    await kernel.release(other!);
    expect([handles[1]!.closes, adapter.stats()!.openFiles]).toEqual([1, 0]);
    expect(await errnoIn(kernel.readDirect(one!, 0, 10))).toBe(9);
    expect(await errnoIn(kernel.ask(one!.node, { op: 'release', handle: 99 }))).toBe('no error');
  });

  it('is all there is: nothing can be opened for writing', async () => {
    const { kernel } = await mount({ '/a.mkv': 'hello' });
    for (const flags of [1, 2, 0o1000, 0o2001]) expect(await errnoIn(kernel.open('/a.mkv', flags))).toBe(30);
  });

  it('finds data everywhere and a hole at the end', async () => {
    const { kernel } = await mount({ '/a.mkv': 'hello' });
    const { node, handle } = await kernel.open('/a.mkv');
    const seek = (offset: number, whence: number) => kernel.ask(node, { op: 'lseek', handle, offset, whence });
    expect([await seek(2, 3), await seek(2, 4)]).toEqual([2, 5]);
    expect([await errnoIn(seek(5, 3)), await errnoIn(seek(9, 4)), await errnoIn(seek(0, 0))]).toEqual([6, 6, 22]);
  });
});

describe('a read that fails', () => {
  it.each([
    [new ArticleMissingError({ messageId: 'a@b', asked: ['p'] }), 5],
    [new TimeoutError({ phase: 'body', afterMs: 1 }), 5],
    [new Error('unforeseen'), 5],
  ])('says so: %s', async (error, errno) => {
    const { kernel, handles, log } = await held(pattern(8192));
    const file = await kernel.open('/a.mkv');
    const failing = errnoIn(kernel.readDirect(file, 0, 4096));
    handles[0]!.reads[0]!.fail(error);
    expect(await failing).toBe(errno);
    expect(log.filter(({ level }) => level === 'warn')).toMatchObject([{ fields: { op: 'read', path: '/a.mkv' } }]);
    await kernel.release(file);
  });

  it('is not taken for the end of the file when bytes are missing', async () => {
    const { kernel, handles } = await held(pattern(8192));
    const file = await kernel.open('/a.mkv');
    const short = errnoIn(kernel.readDirect(file, 0, 4096));
    handles[0]!.reads[0]!.answer(pattern(4095));
    expect(await short).toBe(5);
    await kernel.release(file);
  });

  it('leaves nothing half done to later opens', async () => {
    const { catalog, kernel } = await mount({ '/a.mkv': pattern(100_000) });
    const flags = [(await kernel.open('/a.mkv')).flags, (await kernel.open('/a.mkv')).flags];
    catalog.fault('/a.mkv', { failAt: 50_000 });
    expect(await errnoIn(kernel.readFile('/a.mkv'))).toBe(5);
    flags.push((await kernel.open('/a.mkv')).flags, (await kernel.open('/a.mkv')).flags);
    expect(flags.map((each) => each & 2)).toEqual([2, 2, 0, 2]);
  });

  it('is answered even when the kernel does not take the bytes', async () => {
    const { kernel, log } = await mount({ '/a.mkv': 'hello' });
    const file = await kernel.open('/a.mkv');
    kernel.connection.refuseNext = Object.assign(new Error('refused'), { code: 'EINVAL' });
    expect(await errnoIn(kernel.readDirect(file, 0, 5))).toBe(5);
    expect(log.some(({ level }) => level === 'warn')).toBe(true);
  });

  it('floods no log', async () => {
    const { catalog, kernel, log } = await mount({ '/a.mkv': pattern(100_000) });
    catalog.fault('/a.mkv', { failAt: 0 });
    const file = await kernel.open('/a.mkv');
    await Promise.all(Array.from({ length: 50 }, () => errnoIn(kernel.readDirect(file, 0, 4096))));
    expect(log.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });
});

describe('a reader who does not wait', () => {
  it('interrupts its own read and no other', async () => {
    const { adapter, kernel, handles } = await held(pattern(8192));
    const file = await kernel.open('/a.mkv');
    const one = kernel.connection.send(file.node, read(file.handle, 0, 10));
    const other = kernel.connection.send(file.node, read(file.handle, 10, 10));
    expect(adapter.stats()!.inFlight).toBe(2);
    kernel.connection.interrupt(one.unique);
    expect((await one.reply).errno).toBe(4);
    const [first, second] = handles[0]!.reads;
    expect([first!.options.signal!.aborted, second!.options.signal!.aborted]).toEqual([true, false]);
    // Too late: nobody wants them, and they are given back.
    first!.answer(pattern(10));
    second!.answer(pattern(10));
    expect((await other.reply).errno).toBe(0);
    await until('given back', () => handles[0]!.loans === 0);
    await kernel.release(file);
  });

  it('interrupts no read that came after it was answered', async () => {
    const { kernel, handles } = await held(pattern(8192));
    const file = await kernel.open('/a.mkv');
    const one = kernel.connection.send(file.node, read(file.handle, 0, 10));
    handles[0]!.reads[0]!.answer(pattern(10));
    expect((await one.reply).errno).toBe(0);
    const next = kernel.connection.send(file.node, read(file.handle, 10, 10));
    kernel.connection.interrupt(one.unique);
    const { signal } = handles[0]!.reads[1]!.options;
    expect(signal!.aborted).toBe(false);
    handles[0]!.reads[1]!.answer(pattern(10));
    expect((await next.reply).errno).toBe(0);
    await kernel.release(file);
  });

  it('may interrupt before its request has arrived, or after the answer', async () => {
    const { kernel, handles } = await held(pattern(8192));
    const file = await kernel.open('/a.mkv');
    const next = kernel.connection.send(file.node, { op: 'statfs' });
    await next.reply;
    kernel.connection.interrupt(next.unique);
    kernel.connection.interrupt(next.unique + 2);
    const { reply } = kernel.connection.send(file.node, read(file.handle, 0, 10));
    expect((await reply).errno).toBe(4);
    expect(handles[0]!.reads[0]!.options.signal!.aborted).toBe(true);
    handles[0]!.reads[0]!.answer(pattern(10));
    await until('given back', () => handles[0]!.loans === 0);
    for (let unique = 1000; unique < 3000; unique += 2) kernel.connection.interrupt(unique);
    await kernel.release(file);
  });

  it('interrupts an open, whose handle is closed when it comes after all', async () => {
    let open = (_: HeldHandle) => {};
    const catalog = openedBy(
      memoryCatalog({ '/a.mkv': 'hello' }),
      () =>
        new Promise((resolve) => {
          open = resolve;
        }),
    );
    const { kernel } = await mount(catalog);
    const node = await kernel.walk('/a.mkv');
    const { unique, reply } = kernel.connection.send(node, { op: 'open', flags: 0 });
    await new Promise(setImmediate);
    kernel.connection.interrupt(unique);
    expect((await reply).errno).toBe(4);
    const handle = new HeldHandle(5);
    open(handle);
    await until('closed', () => handle.closes === 1);
  });

  it('is not kept waiting beyond the deadline', async () => {
    const clock = manualClock();
    const { adapter, kernel, handles } = await held(pattern(8192), { requestTimeoutMs: 30_000 }, { clock });
    const file = await kernel.open('/a.mkv');
    const first = errnoIn(kernel.readDirect(file, 0, 10));
    clock.advance(20_000);
    const second = errnoIn(kernel.readDirect(file, 10, 10));
    clock.advance(9_999);
    expect(adapter.stats()!.inFlight).toBe(2);
    clock.advance(1);
    expect(await first).toBe(5);
    expect(adapter.stats()!.inFlight).toBe(1);
    expect(handles[0]!.reads[0]!.options.signal!.reason).toMatchObject({ code: 'ERR_TIMEOUT' });
    clock.advance(20_000);
    expect(await second).toBe(5);
    for (const each of handles[0]!.reads) each.answer(pattern(10));
    await kernel.release(file);
    const closing = adapter.close();
    clock.advance(1_000);
    await closing;
  });

  it('is not kept waiting as long again when the kernel repeats what it has read ahead, page by page', async () => {
    const clock = manualClock();
    const bytes = pattern(100_000);
    const { adapter, kernel, handles } = await held(bytes, { requestTimeoutMs: 30_000 }, { clock });
    const [file, other] = [await kernel.open('/a.mkv'), await kernel.open('/a.mkv')];
    const readAhead = errnoIn(kernel.readDirect(file!, 0, 65_536));
    clock.advance(30_000);
    expect(await readAhead).toBe(5);
    const repeated = [file!, other!].map((each) => errnoIn(kernel.readDirect(each, 61_440, 4096)));
    const came = errnoIn(kernel.readDirect(file!, 0, 4096));
    const here = handles[0]!.reads[2]!;
    here.answer(bytes.subarray(0, 4096));
    expect(await came).toBe('no error');
    clock.advance(1_500);
    expect(await Promise.all(repeated)).toEqual([5, 5]);
    // What was not asked for before, and what is asked for a while later, is given time.
    const unrelated = errnoIn(kernel.readDirect(file!, 65_536, 4096));
    clock.advance(15_000);
    const later = errnoIn(kernel.readDirect(file!, 0, 4096));
    clock.advance(14_999);
    expect(adapter.stats()!.inFlight).toBe(2);
    clock.advance(1);
    expect(await unrelated).toBe(5);
    clock.advance(15_000);
    expect(await later).toBe(5);
    for (const each of handles.flatMap(({ reads }) => reads))
      if (each !== here) each.answer(bytes.subarray(0, each.length));
    for (const each of [file!, other!]) await kernel.release(each);
    const closing = adapter.close();
    clock.advance(1_000);
    await closing;
  });

  it('has a deadline for everything else, too', async () => {
    const clock = manualClock();
    const catalog = openedBy(memoryCatalog({ '/a.mkv': 'hello' }), () => new Promise(() => {}));
    const { adapter, kernel } = await mount(catalog, { requestTimeoutMs: 1_000 }, { clock });
    const opening = errnoIn(kernel.open('/a.mkv'));
    await until('waiting', () => kernel.connection.waitingFor('open') === 1);
    clock.advance(1_000);
    expect(await opening).toBe(110);
    const closing = adapter.close();
    clock.advance(1_000);
    await closing;
  });
});

describe('what the kernel keeps of a file', () => {
  it('stays over opens while the bytes are the same', async () => {
    const { catalog, kernel } = await mount({ '/a.mkv': pattern(100_000) });
    await kernel.readFile('/a.mkv');
    await kernel.readFile('/a.mkv');
    expect(catalog.reads).toHaveLength(1);
  });

  it('goes when they change', async () => {
    const { catalog, kernel } = await mount({ '/a.mkv': pattern(100_000) });
    await kernel.readFile('/a.mkv');
    const file = await kernel.open('/a.mkv');
    const changed = pattern(50_000).map((byte) => byte ^ 0xff);
    catalog.put('/a.mkv', changed);
    expect(await errnoIn(kernel.readDirect(file, 0, 10))).toBe(116); // somebody else's bytes: ESTALE
    expect(Buffer.compare(await kernel.readFile('/a.mkv'), changed)).toBe(0);
    expect((await kernel.stat('/a.mkv')).size).toBe(50_000);
  });

  it('is not trusted without a notice either', async () => {
    const { catalog, kernel } = await mount({ '/a.mkv': pattern(100_000) });
    const first = await kernel.open('/a.mkv');
    const second = await kernel.open('/a.mkv');
    kernel.connection.onNotice = () => true; // lost
    catalog.put('/a.mkv', pattern(50_000));
    const third = await kernel.open('/a.mkv');
    expect([first, second, third].map(({ flags }) => flags & 2)).toEqual([2, 2, 0]);
  });
});

describe('opening a file', () => {
  it('never makes the kernel wait for pages that are being read, not even for bad ones', async () => {
    const { kernel, handles } = await held(pattern(100_000), { requestTimeoutMs: 600_000 });
    const opened = await Promise.all([1, 2, 3].map(() => kernel.open('/a.mkv')));
    const reading = kernel.readDirect(opened[0]!, 0, 10);
    const failing = errnoIn(kernel.readDirect(opened[1]!, 50_000, 10));
    handles[1]!.reads[0]!.fail(new Error('gone'));
    expect(await failing).toBe(5);
    const during = await kernel.open('/a.mkv');
    handles[0]!.reads[0]!.answer(pattern(10));
    await reading;
    const after = await kernel.open('/a.mkv');
    const later = await kernel.open('/a.mkv');
    expect([...opened, during, after, later].map(({ flags }) => flags & 2)).toEqual([2, 2, 2, 2, 0, 2]);
  });
});

describe('bytes that are answered before they are verified', () => {
  const wrong = new ArticleCorruptError({ messageId: 'a@b', provider: 'p', reason: 'as told' });

  it('are not asked for when they are not wanted', async () => {
    const { kernel, handles } = await held(pattern(8192), { integrity: 'verified' });
    const file = await kernel.open('/a.mkv');
    const reading = kernel.readDirect(file, 0, 10);
    const { integrity, onUnverified } = handles[0]!.reads[0]!.options;
    expect([integrity, onUnverified]).toEqual(['verified', undefined]);
    handles[0]!.reads[0]!.answer(pattern(10));
    await reading;
  });

  it('are forgotten when they turn out wrong, and nothing else is', async () => {
    const bytes = pattern(3 * 131_072 + 1);
    const { adapter, kernel, handles } = await held(bytes);
    const file = await kernel.open('/a.mkv');
    const reading = kernel.pread(file, 0, 3 * 131_072);
    const { reads } = handles[0]!;
    for (let part = 0; part < 3; part++) {
      await until('asked', () => reads.length === part + 1);
      const { position, length } = reads[part]!;
      reads[part]!.answerEarly(bytes.subarray(position, position + length));
    }
    await reading;
    reads[1]!.options.onUnverified!(wrong);
    await until('told', () => kernel.notices.length === 1);
    expect(kernel.notices).toEqual([{ kind: 'inode', node: file.node, offset: 131_072, length: 131_072 }]);
    expect(adapter.stats()!.retracted).toBe(1);
    for (const part of [0, 2]) reads[part]!.options.onVerified!();
    await kernel.release(file);
  });

  it('spoil every handle of the file that is open, and none that is opened later', async () => {
    const bytes = pattern(500_000);
    const { kernel, handles } = await held(bytes);
    const [one, other] = [await kernel.open('/a.mkv'), await kernel.open('/a.mkv')];
    const reading = kernel.readDirect(one!, 0, 4096);
    handles[0]!.reads[0]!.answerEarly(new Uint8Array(4096).fill(0xee));
    await reading;
    // Its bytes are right, but those before them may not have been.
    const underWay = errnoIn(kernel.readDirect(other!, 4096, 4096));
    handles[0]!.reads[0]!.options.onUnverified!(wrong);
    handles[1]!.reads[0]!.answer(bytes.subarray(4096, 8192));
    expect(await underWay).toBe(5);
    for (const file of [one!, other!]) expect(await errnoIn(kernel.readDirect(file, 100_000, 10))).toBe(5);
    const later = await kernel.open('/a.mkv');
    const again = kernel.readDirect(later, 0, 4096);
    // An article that was wrong once is not believed a second time.
    expect(handles[2]!.reads[0]!.options.integrity).toBe('verified');
    handles[2]!.reads[0]!.answer(bytes.subarray(0, 4096));
    expect(Buffer.compare(await again, bytes.subarray(0, 4096))).toBe(0);
    for (const file of [one!, other!, later]) await kernel.release(file);
  });

  it('are not among the last: the end of a file is there when all before it is verified', async () => {
    for (const verdict of ['right', 'wrong'] as const) {
      const bytes = pattern(20_000);
      const { kernel, handles } = await held(bytes);
      const file = await kernel.open('/a.mkv');
      const first = kernel.readDirect(file, 0, 10_000);
      const { reads } = handles[0]!;
      reads[0]!.answerEarly(bytes.subarray(0, 10_000));
      await first;
      let isOver = false;
      const last = errnoIn(kernel.readDirect(file, 10_000, 10_000)).finally(() => {
        isOver = true;
      });
      expect(reads[1]!.options.integrity).toBe('verified');
      reads[1]!.answer(bytes.subarray(10_000));
      await new Promise(setImmediate);
      expect(isOver).toBe(false);
      if (verdict === 'right') reads[0]!.options.onVerified!();
      else reads[0]!.options.onUnverified!(wrong);
      expect(await last).toBe(verdict === 'right' ? 'no error' : 5);
      await kernel.release(file);
    }
  });

  it('keep their handle open until there is a verdict, closed or not', async () => {
    const bytes = pattern(20_000);
    const { adapter, kernel, handles } = await held(bytes);
    const file = await kernel.open('/a.mkv');
    const reading = kernel.readDirect(file, 0, 4096);
    handles[0]!.reads[0]!.answerEarly(bytes.subarray(0, 4096));
    await reading;
    await kernel.release(file);
    expect([handles[0]!.closes, adapter.stats()!.openFiles]).toEqual([0, 1]);
    handles[0]!.reads[0]!.options.onVerified!();
    await until('closed', () => handles[0]!.closes === 1);
    expect(adapter.stats()!.openFiles).toBe(0);
  });

  it('do not keep a mount from going', async () => {
    const { adapter, kernel, handles } = await held(pattern(20_000));
    const file = await kernel.open('/a.mkv');
    const reading = kernel.readDirect(file, 0, 4096);
    handles[0]!.reads[0]!.answerEarly(pattern(4096));
    await reading;
    await adapter.close();
    expect(handles[0]!.closes).toBe(1);
  });

  it('are not answered at all when it is known in time that they are wrong', async () => {
    const { adapter, kernel, handles } = await held(pattern(8192));
    const file = await kernel.open('/a.mkv');
    const reading = errnoIn(kernel.readDirect(file, 0, 10));
    const [only] = handles[0]!.reads;
    only!.answerEarly(pattern(10));
    only!.options.onUnverified!(wrong);
    expect(await reading).toBe(5);
    expect([kernel.notices, adapter.stats()!.retracted]).toEqual([[], 0]);
    await kernel.release(file);
  });

  it('are forgotten also when a read of the same pages is under way, which gets none of them', async () => {
    const bytes = pattern(131_072);
    const { kernel, handles } = await held(bytes);
    const file = await kernel.open('/a.mkv');
    const first = kernel.pread(file, 0, 4096, 4096);
    const { reads } = handles[0]!;
    await until('asked', () => reads.length === 1);
    reads[0]!.answerEarly(new Uint8Array(4096).fill(0xee));
    await first;
    // Another page of the file is being read, so the notice has to wait in the kernel.
    const second = errnoIn(kernel.pread(file, 4096, 8192, 4096));
    await until('asked', () => reads.length === 2);
    reads[0]!.options.onUnverified!(wrong);
    reads[1]!.answer(bytes.subarray(4096, 8192));
    expect(await second).toBe(5);
    await new Promise(setImmediate);
    await kernel.release(file);
    const later = await kernel.open('/a.mkv');
    const again = kernel.pread(later, 0, 4096, 4096);
    await until('asked again', () => handles[1]!.reads.length === 1);
    handles[1]!.reads[0]!.answer(bytes.subarray(0, 4096));
    expect(Buffer.compare(await again, bytes.subarray(0, 4096))).toBe(0);
    await kernel.release(later);
  });

  it('go first: before whatever else the kernel is to forget', async () => {
    const { catalog, kernel, handles } = await held(pattern(8192));
    const file = await kernel.open('/a.mkv');
    const reading = kernel.readDirect(file, 0, 4096);
    handles[0]!.reads[0]!.answerEarly(pattern(4096));
    await reading;
    const told: string[] = [];
    let free = () => {};
    kernel.connection.onNotice = async (notice) => {
      told.push(notice.kind === 'inode' ? `inode ${notice.node}` : `name ${notice.name}`);
      if (told.length === 1)
        await new Promise<void>((resolve) => {
          free = resolve;
        });
      return true;
    };
    catalog.put('/b.mkv', 'b');
    await catalog.removePath('/a.mkv');
    handles[0]!.reads[0]!.options.onUnverified!(wrong);
    free();
    await until('told', () => told.length === 3);
    expect(told).toEqual(['name a.mkv', `inode ${file.node}`, 'inode 1']);
  });
});
