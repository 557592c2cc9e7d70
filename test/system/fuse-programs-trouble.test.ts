import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { NntpOptions } from '@newsreel/nntp';
import { type NewsServer, type PostedFile, startNewsServer } from '@newsreel/nntp/testing';
import { afterEach, expect, it } from 'vitest';
import { accountAt, type MountedLibrary, type MountedOptions, mountLibrary } from './fuse/programs-mount.js';
import { isWaitingForBytes, outcomeOf, printedBy, start } from './fuse/programs-process.js';
import { forget, pageBytes, readExactly, readInPages, readMapped, startMapped } from './fuse/programs-reading.js';
import { describeFuse } from './fuse/served.js';
import { until } from './peers/run.js';
import { seededRandom, sha256 } from './support.js';

/** Odd, so that articles do not begin where pages of the kernel's cache do. */
const partBytes = 300_007;
/** How long a request may wait, where something stalls, in milliseconds. */
const deadlineMs = 3_000;
/** What is at once, on a busy machine, in milliseconds. */
const atOnceMs = 1_000;

const verified = { integrity: 'verified' } as const;

const servers: NewsServer[] = [];
const libraries: MountedLibrary[] = [];

afterEach(async () => {
  const forced = await Promise.all(libraries.splice(0).map((library) => library.end()));
  await Promise.all(servers.splice(0).map((server) => server.close()));
  expect(forced.flat()).toEqual([]);
});

async function newServer(...options: Parameters<typeof startNewsServer>): Promise<NewsServer> {
  const server = await startNewsServer(...options);
  servers.push(server);
  return server;
}

async function mounted(options: MountedOptions): Promise<MountedLibrary> {
  const library = await mountLibrary(options);
  libraries.push(library);
  return library;
}

/** Accounts at servers, named by their numbers. */
const accountsAt = (all: readonly NewsServer[], more: (index: number) => Partial<NntpOptions> = () => ({})) =>
  all.map((server, index) => accountAt(server, { name: `server ${index}`, ...more(index) }));

/** Posts a file to the first server, its articles to the others as well, and adds it. */
async function publish(library: MountedLibrary, [first, ...others]: readonly NewsServer[], name: string, size: number) {
  const posted = await first!.post({ name, bytes: { size, seed: name.length }, partBytes });
  for (const other of others) other.mirror(posted);
  const { path } = await library.add(first!.buildNzb([posted]), { name: `release of ${name}` });
  return { posted, path: library.path(`${path}/${name}`) };
}

/** Whether all bytes are right but those of the pages that a range touches, which have to be zeros. */
function expectOnlyLost(got: Uint8Array, posted: PostedFile, range: { readonly start: number; readonly end: number }) {
  const from = Math.floor(range.start / pageBytes) * pageBytes;
  const to = Math.ceil(range.end / pageBytes) * pageBytes;
  expect(sha256(got.subarray(0, from))).toBe(sha256(posted.read({ start: 0, end: from })));
  expect(sha256(got.subarray(to, posted.size))).toBe(sha256(posted.read({ start: to, end: posted.size })));
  expect(got.subarray(from, to).every((byte) => byte === 0)).toBe(true);
}

/** Nothing is open, lent or under way: not in the mount, not in the engine, not at a provider. */
async function expectAtRest(library: MountedLibrary): Promise<void> {
  await until(
    'everything is given back',
    async () => {
      const { mount, engine } = await library.stats();
      const { pool, readers } = engine;
      expect({ inFlight: mount.inFlight, openFiles: mount.openFiles, ...readers }).toEqual({
        ...{ inFlight: 0, openFiles: 0, handles: 0, streams: 0 },
      });
      expect(Object.values(pool.queued)).toEqual([0, 0, 0, 0]);
      expect(pool.providers.map((provider) => provider.connectionsBusy)).toEqual(pool.providers.map(() => 0));
      return true;
    },
    5_000,
  );
}

describeFuse(['dd', 'cat', 'cmp', 'ls', 'sha256sum', 'python3'], 'programs meet trouble on a mount', () => {
  it('an article that is missing costs its own bytes and no others', async () => {
    const server = await newServer();
    const library = await mounted({ accounts: [accountAt(server)] });
    const { posted, path } = await publish(library, [server], 'film.bin', 12_345_678);
    const { id, range } = posted.segments[20]!;
    const bringBack = server.fault(id, { type: 'missing' });

    const whole = await outcomeOf('cat', [path]);
    expect(whole.stderr).toContain('Input/output error');
    expect(whole.stdout.length).toBe(Math.floor(range.start / pageBytes) * pageBytes);
    expect(sha256(whole.stdout)).toBe(sha256(posted.read({ start: 0, end: whole.stdout.length })));
    for (const flags of [[], ['iflag=direct']]) expectOnlyLost(await readInPages(path, ...flags), posted, range);
    for (const [begin, end] of [
      [range.start - 1000, range.start],
      [range.end, range.end + 1000],
    ] as const)
      expect(sha256((await readExactly(path, begin, end)).stdout)).toBe(sha256(posted.read({ start: begin, end })));
    for (const place of [range.start, range.end - 1]) {
      expect((await readExactly(path, place, place + 1)).stderr).toContain('Input/output error');
      expect(await readMapped(path, place)).toBe('SIGBUS');
    }
    expect(await readMapped(path, range.end + pageBytes)).toBe(
      posted.read({ start: range.end + pageBytes, end: range.end + pageBytes + 1 })[0],
    );

    bringBack();
    expect(sha256(await printedBy('cat', [path]))).toBe(posted.sha256());
    await expectAtRest(library);
  });

  it('articles that are damaged at one provider come from the next', async () => {
    const both = [await newServer(), await newServer()];
    const library = await mounted({ accounts: accountsAt(both, (priority) => ({ priority })), mount: verified });
    const { posted, path } = await publish(library, both, 'film.bin', 12_345_678);
    both[0]!.fault(() => true, { type: 'flipByte', probability: 0.5 });
    expect(sha256(await printedBy('cat', [path]))).toBe(posted.sha256());
    await forget(path);
    expect(await readMapped(path, 5_000_000)).toBe(posted.read({ start: 5_000_000, end: 5_000_001 })[0]);
    expect((await library.stats()).engine.pool.providers[0]!.corrupt).toBeGreaterThan(5);
    await expectAtRest(library);
  });

  it('an article that is damaged everywhere is never read, not the second time either', async () => {
    const both = [await newServer(), await newServer()];
    const library = await mounted({ accounts: accountsAt(both, (priority) => ({ priority })), mount: verified });
    const { posted, path } = await publish(library, both, 'film.bin', 12_345_678);
    const { id, range } = posted.segments[11]!;
    const repair = both.map((server) => server.fault(id, { type: 'flipByte' }));
    for (const flags of [[], [], ['iflag=direct'], []])
      expectOnlyLost(await readInPages(path, ...flags), posted, range);
    for (const place of [range.start, range.start + 300, range.start, range.end - 1])
      expect(await readMapped(path, place)).toBe('SIGBUS');
    expectOnlyLost(await readInPages(path), posted, range);

    for (const each of repair) each();
    expect(sha256(await printedBy('cat', [path]))).toBe(posted.sha256());
    expect(await readMapped(path, range.start)).toBe(posted.read(range)[0]);
  });

  it.each([
    { spare: 'has it right', isDamaged: false },
    { spare: 'has no better', isDamaged: true },
  ])('bytes given before they were verified do not stay, when another provider $spare', async ({ isDamaged }) => {
    const both = [await newServer({ bytesPerSecondPerConnection: 1_500_000 }), await newServer()];
    const accounts = accountsAt(both, (priority) => ({ priority }));
    const library = await mounted({ accounts, engine: { hedge: false }, mount: { integrity: 'progressive' } });
    const { posted, path } = await publish(library, both, 'film.bin', 12_345_678);
    const { id, range } = posted.segments[11]!;
    const faulty = both.slice(0, isDamaged ? 2 : 1);
    const repair = faulty.map((server) => server.fault(id, { type: 'flipByte', at: 20_000 }));
    const begin = Math.ceil(range.start / pageBytes) * pageBytes;
    const right = posted.read({ start: begin, end: begin + 16 * pageBytes });
    const args = [`if=${path}`, 'bs=4k', `skip=${begin / pageBytes}`, 'count=16', 'status=none'];
    // It is through before anybody can know that one of its bytes is wrong.
    expect((await outcomeOf('dd', args)).stdout.length).toBe(right.length);
    await until('that is taken back', async () => (await library.stats()).mount.retracted > 0, 5_000);
    for (let count = 0; count < 2; count++) {
      const again = await outcomeOf('dd', args);
      const mapped = await readMapped(path, begin + 20_000);
      if (isDamaged) expect([again.code, again.stdout.length, mapped]).toEqual([1, 0, 'SIGBUS']);
      else expect([sha256(again.stdout), mapped]).toEqual([sha256(right), right[20_000]]);
    }
    for (const each of repair) each();
    both[0]!.setLimits({ bytesPerSecondPerConnection: Number.POSITIVE_INFINITY });
    expect(sha256(await printedBy('cat', [path]))).toBe(posted.sha256());
    await expectAtRest(library);
  });

  it('a provider that stalls: errors in time, readers that can be killed, and everybody else goes on', async () => {
    const both = [await newServer(), await newServer()];
    const library = await mounted({ accounts: accountsAt(both), mount: { requestTimeoutMs: deadlineMs } });
    // Only the first has the one, and it stalls on all its connections; both have the other.
    const stalled = await publish(library, both.slice(0, 1), 'stalled.bin', 12_345_678);
    const other = await publish(library, both, 'other.bin', 12_345_678);
    const goOn = both[0]!.fault(
      stalled.posted.segments.slice(20).map(({ id }) => id),
      { type: 'stallBeforeReply' },
    );
    const place = stalled.posted.segments[30]!.range.start;
    const kinds = {
      buffered: () => start('tail', ['-c', `+${place}`, stalled.path]),
      direct: () => start('dd', [`if=${stalled.path}`, 'bs=1', `skip=${place}`, 'iflag=direct', 'status=none']),
      mapped: () => startMapped(stalled.path, place),
    };
    const patient = Object.values(kinds).map((startOne) => startOne());
    const killed = Object.values(kinds).map((startOne) => startOne());
    // Who has a handler for the signal, as Python, waits for the page all the same.
    const interrupted = [kinds.buffered(), kinds.direct()];
    const waiting = [...patient, ...killed, ...interrupted].map(({ child }) => child);
    await until('everybody waits', () => waiting.every(isWaitingForBytes), deadlineMs);
    for (const { child } of killed) child.kill('SIGKILL');
    for (const { child } of interrupted) child.kill('SIGINT');
    const atMs = performance.now();
    await Promise.all([...killed, ...interrupted].map(({ outcome }) => outcome));
    expect(performance.now() - atMs).toBeLessThan(atOnceMs);
    const listed = await outcomeOf('ls', ['-lR', library.path()]);
    expect(String(listed.stdout)).toContain('other.bin');
    const read = await outcomeOf('cat', [other.path]);
    expect(sha256(read.stdout)).toBe(other.posted.sha256());
    console.log(
      `beside a stalled file: ls ${listed.durationMs.toFixed(0)} ms, another file ${read.durationMs.toFixed(0)} ms`,
    );
    expect(listed.durationMs + read.durationMs).toBeLessThan(deadlineMs);

    for (const [index, { outcome }] of patient.entries()) {
      const { code, signal, stderr, durationMs, longestInDMs } = await outcome;
      const name = Object.keys(kinds)[index]!;
      console.log(
        `${name}: ${signal ?? stderr.trim()} after ${durationMs.toFixed(0)} ms, of these ${longestInDMs.toFixed(0)} in D`,
      );
      expect(signal ?? code, name).toBe(name === 'mapped' ? 'SIGBUS' : 1);
      expect(durationMs, name).toBeLessThan(deadlineMs + 2_000);
      expect(longestInDMs, name).toBeLessThan(deadlineMs + atOnceMs);
    }
    goOn();
    // What it has not answered for so long it never will: the connections have to be new ones.
    await until('it is read again', async () => (await outcomeOf('cat', [stalled.path])).code === 0, 10_000);
    await forget(stalled.path);
    expect(sha256(await printedBy('cat', [stalled.path]))).toBe(stalled.posted.sha256());
    await expectAtRest(library);
  });

  it('a provider that falls silent is passed over', async () => {
    const both = [await newServer(), await newServer()];
    const library = await mounted({ accounts: accountsAt(both) });
    const { posted, path } = await publish(library, both, 'film.bin', 12_345_678);
    both[0]!.fault(({ id }) => id !== undefined, { type: 'stallBeforeReply' });
    const { stdout, durationMs } = await outcomeOf('cat', [path]);
    expect(sha256(stdout)).toBe(posted.sha256());
    console.log(`a provider falls silent: ${durationMs.toFixed(0)} ms for 12 MB from the other`);
    await forget(path);
    expect(await readMapped(path, 7_000_000)).toBe(posted.read({ start: 7_000_000, end: 7_000_001 })[0]);
    expect((await library.stats()).mount.errors['EIO']).toBeUndefined();
  });

  it('16 readers, half of them killed at random: the others get every byte, and nothing is left behind', async () => {
    const server = await newServer({ bytesPerSecond: 60_000_000 });
    const library = await mounted({ accounts: [accountAt(server)], engine: { cache: { maxBytes: 0 } } });
    const files: { posted: PostedFile; path: string; disk: string }[] = [];
    for (const name of ['a', 'bb', 'ccc', 'dddd']) {
      const file = await publish(library, [server], `${name}.bin`, 20_000_003);
      writeFileSync(library.beside(`${name}.bin`), file.posted.read({ start: 0, end: file.posted.size }));
      files.push({ ...file, disk: library.beside(`${name}.bin`) });
    }
    const random = seededRandom(16);
    const readers = Array.from({ length: 16 }, (_, index) => {
      const file = files[index % 4]!;
      const kind = Math.floor(index / 4);
      if (kind === 0) return { file, ...start('sha256sum', [file.path]) };
      if (kind === 1) return { file, ...start('cmp', [file.path, file.disk]) };
      if (kind === 2) return { file, ...start('dd', [`if=${file.path}`, 'bs=256k', 'iflag=direct']) };
      return { file, ...start('cat', [file.path]) };
    });
    const victims = new Set(readers.filter((_, index) => index % 2 === (index >> 2) % 2));
    const killing = [...victims].map(async ({ child }) => {
      await delay(100 + random(900));
      child.kill('SIGKILL');
    });
    const outcomes = await Promise.all(readers.map(({ outcome }) => outcome));
    await Promise.all(killing);
    expect(outcomes.filter(({ signal }) => signal === 'SIGKILL').length).toBeGreaterThan(4);
    for (const [index, { code, signal, stdout }] of outcomes.entries()) {
      const { file } = readers[index]!;
      if (signal === 'SIGKILL') continue;
      expect(code).toBe(0);
      if (index < 4) expect(String(stdout)).toContain(file.posted.sha256());
      else if (index >= 8) expect(sha256(stdout)).toBe(file.posted.sha256());
    }
    await expectAtRest(library);
    const { engine } = await library.stats();
    expect(engine.memory).toMatchObject({ usedBytes: 0, cachedBytes: 0 });
  });
});
