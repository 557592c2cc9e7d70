import { MountUnavailableError } from '@newsreel/core';
import { systemClock } from '@newsreel/core/plugin';
import { adapterHost, manualClock, memoryCatalog } from '@newsreel/core/testing';
import { describe, expect, it } from 'vitest';
import { createFuse } from '../src/fuse.js';
import type { Mounter } from '../src/mount/mounted.js';
import { initFlags } from '../src/protocol/flags.js';
import { FakeKernel } from './fake-kernel.js';
import { afterTest, errnoIn, mount, nowhere, pattern, until } from './support.js';

const host = () => adapterHost(memoryCatalog({ '/a.txt': 'a' }));
const make = (mounter: Mounter, options = {}, clock = systemClock) => {
  const adapter = createFuse({ ...nowhere, ...options }, { clock, mounter });
  afterTest(() => adapter.close());
  return adapter;
};

describe('attach', () => {
  it('mounts as told, agrees with the kernel, and tunes the mount after that', async () => {
    const { adapter, kernel } = await mount({}, { name: 'films', readAheadBytes: 65_536, maxBackground: 20 });
    expect(adapter.isMounted).toBe(true);
    expect(kernel.request).toMatchObject({
      mountpoint: '/newsreel-test',
      name: 'films',
      writable: false,
      readAheadBytes: 65_536,
      maxReadBytes: 1_048_576,
    });
    expect(kernel.agreed).toMatchObject({ major: 7, maxReadAheadBytes: 65_536, maxBackground: 20, maxPages: 256 });
    expect(kernel.steps).toEqual(['tune']);
  });

  it('leaves out what makes direct readers unkillable, and what makes the kernel ask for each file of a scan', async () => {
    const { kernel } = await mount({});
    const agreed = kernel.agreed?.flags ?? 0n;
    const { ASYNC_DIO, DO_READDIRPLUS, READDIRPLUS_AUTO } = initFlags;
    expect(agreed & (ASYNC_DIO | DO_READDIRPLUS | READDIRPLUS_AUTO)).toBe(DO_READDIRPLUS);
  });

  it('is for one engine', async () => {
    const { adapter } = await mount({});
    await expect(adapter.attach(host())).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
  });

  it('needs the grant to be writable, and says so before anything is mounted', async () => {
    const kernel = new FakeKernel();
    const adapter = make(kernel.mounter, { writable: true });
    const failure = await adapter.attach(host()).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'ERR_CONFIG_INVALID' });
    expect((failure as Error).message).toContain("grant: ['edits']");
    expect(kernel.request).toBeUndefined();
  });

  it('fails when the kernel did not wait for the answer that begins the mount', async () => {
    const kernel = new FakeKernel();
    const adapter = make(async (request) => {
      const mounted = await kernel.mounter(request);
      const { device } = mounted;
      const deaf = { ...mounted, device: Object.create(device, { reply: { value: () => false } }) };
      // The methods of a double that has private parts are called on itself.
      deaf.device.start = device.start.bind(device);
      deaf.device.close = device.close.bind(device);
      return { ...deaf, unmount: () => mounted.unmount(), tune: () => mounted.tune() };
    });
    await expect(adapter.attach(host())).rejects.toMatchObject({ code: 'ERR_MOUNT_UNAVAILABLE', reason: 'failed' });
    expect(adapter.isMounted).toBe(false);
  });

  it('passes on why it cannot mount, and can try again', async () => {
    const kernel = new FakeKernel();
    const cause = new MountUnavailableError({ message: 'no', reason: 'device', remedy: 'yes' });
    let tries = 0;
    const adapter = make((request) => (++tries === 1 ? Promise.reject(cause) : kernel.mounter(request)));
    await expect(adapter.attach(host())).rejects.toBe(cause);
    expect(adapter.isMounted).toBe(false);
    await adapter.attach(host());
    expect(adapter.isMounted).toBe(true);
  });

  it('gives up a kernel that says nothing', async () => {
    const clock = manualClock();
    const kernel = new FakeKernel();
    const mounter: Mounter = async (request) => {
      const mounted = await kernel.mounter(request);
      return { ...mounted, device: { ...mounted.device, start: () => {}, close: async () => {} } } as typeof mounted;
    };
    const adapter = make(mounter, { mountTimeoutMs: 5_000 }, clock);
    const attaching = adapter.attach(host()).catch((error: unknown) => error);
    await until('waiting', () => clock.pending > 0);
    clock.advance(5_000);
    expect(await attaching).toMatchObject({ code: 'ERR_MOUNT_UNAVAILABLE', reason: 'failed' });
    expect([adapter.isMounted, kernel.steps, clock.pending]).toEqual([false, ['unmount'], 0]);
  });

  it('gives up a connection that ends before it began', async () => {
    const kernel = new FakeKernel();
    const mounter: Mounter = async (request) => {
      const mounted = await kernel.mounter(request);
      const start = mounted.device.start;
      mounted.device.start = (onRequest, onEnd) => {
        start((bytes) => void bytes, onEnd);
        kernel.connection.end(new Error('as told'));
        void onRequest;
      };
      return mounted;
    };
    const adapter = make(mounter);
    await expect(adapter.attach(host())).rejects.toMatchObject({
      code: 'ERR_MOUNT_UNAVAILABLE',
      cause: { message: 'as told' },
    });
    expect(adapter.isMounted).toBe(false);
  });
});

describe('somebody else unmounting', () => {
  it('is noticed, and everything is given back', async () => {
    const { adapter, catalog, kernel, log } = await mount({ '/big.mkv': pattern(100_000) });
    const file = await kernel.open('/big.mkv');
    catalog.fault('/big.mkv', { before: () => new Promise(() => {}) });
    const waiting = errnoIn(kernel.readDirect(file, 0, 1000));
    kernel.connection.end();
    expect(await waiting).toBe(107);
    await until('given back', () => catalog.openHandles === 0);
    expect(adapter.isMounted).toBe(false);
    expect(log.map(({ message }) => message)).toContain('the catalog was unmounted by somebody else');
    await adapter.close();
  });

  it('is told apart from a connection that breaks', async () => {
    const { adapter, kernel, log } = await mount({});
    kernel.connection.end(new Error('as told'));
    await until('over', () => kernel.steps.includes('unmount'));
    expect(adapter.isMounted).toBe(false);
    expect(log.find(({ level }) => level === 'error')?.fields).toMatchObject({ err: { message: 'as told' } });
  });
});

describe('close', () => {
  it('comes to the same end every time', async () => {
    const { adapter, kernel } = await mount({});
    const closing = adapter.close();
    expect(adapter.close()).toBe(closing);
    expect(adapter[Symbol.asyncDispose]()).toBe(closing);
    await closing;
    expect([adapter.isMounted, kernel.steps]).toEqual([false, ['tune', 'unmount']]);
    await expect(adapter.attach(host())).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });

  it('lets short requests finish', async () => {
    const { adapter, catalog, kernel } = await mount({ '/a.mkv': 'hello' }, { closeGraceMs: 10_000 });
    const file = await kernel.open('/a.mkv');
    let open = () => {};
    catalog.fault('/a.mkv', {
      before: () =>
        new Promise((resolve) => {
          open = resolve;
        }),
    });
    const reading = kernel.readDirect(file, 0, 5);
    const closing = adapter.close();
    open();
    expect(Buffer.from(await reading).toString()).toBe('hello');
    await closing;
  });

  it('fails what does not finish, opens nothing more, and still answers what unmounting asks', async () => {
    const { adapter, catalog, kernel } = await mount({ '/a.mkv': 'hello' }, { closeGraceMs: 30 });
    const file = await kernel.open('/a.mkv');
    catalog.fault('/a.mkv', { before: () => new Promise(() => {}) });
    const waiting = errnoIn(kernel.readDirect(file, 0, 5));
    const closing = adapter.close();
    expect(await errnoIn(kernel.ask(file.node, { op: 'open', flags: 0 }))).toBe(108);
    expect(await errnoIn(kernel.readDirect(file, 0, 5))).toBe(108);
    expect(await kernel.ask(1, { op: 'statfs' })).toMatchObject({ maxNameBytes: 255 });
    expect(await waiting).toBe(108);
    await closing;
    expect([catalog.openHandles, catalog.openLeases]).toEqual([0, 0]);
  });

  it('does not wait for a handle that never answers', async () => {
    const { adapter, catalog, kernel } = await mount({ '/a.mkv': 'hello' });
    await kernel.open('/a.mkv');
    await kernel.open('/a.mkv');
    const startMs = performance.now();
    await adapter.close();
    expect(performance.now() - startMs).toBeLessThan(500);
    expect(catalog.openHandles).toBe(0);
  });

  it('ends an attach that is under way', async () => {
    let mounting = false;
    const mounter: Mounter = ({ signal }) =>
      new Promise((_, reject) => {
        mounting = true;
        signal?.addEventListener('abort', () => reject(signal.reason));
      });
    const adapter = make(mounter);
    const attaching = adapter.attach(host()).catch((error: unknown) => error);
    await until('mounting', () => mounting);
    await adapter.close();
    expect(await attaching).toMatchObject({ code: 'ERR_CLOSED' });
  });

  it('leaves no timer and no listener', async () => {
    const clock = manualClock();
    const { adapter, catalog, kernel } = await mount({ '/a.mkv': 'hello' }, {}, { clock });
    await kernel.readFile('/a.mkv');
    const closing = adapter.close();
    clock.advance(10_000);
    await closing;
    expect(clock.pending).toBe(0);
    for (const event of ['catalog:changed', 'entry:changed', 'health:checked'] as const)
      expect(catalog.events.listenerCount(event)).toBe(0);
  });
});

describe('stats', () => {
  it('tell what went on', async () => {
    const { adapter, kernel } = await mount({ '/a.mkv': pattern(5000) });
    await kernel.readFile('/a.mkv');
    await errnoIn(kernel.ask(1, { op: 'open', flags: 1 }));
    expect(adapter.stats()).toMatchObject({
      requests: { init: 1, lookup: 1, open: 2, read: 1, release: 1 },
      errors: { EROFS: 1 },
      bytesRead: 5000,
      inFlight: 0,
      openFiles: 0,
      knownNodes: 2,
    });
    await adapter.close();
    expect(adapter.stats()).toMatchObject({ bytesRead: 5000 });
  });
});
