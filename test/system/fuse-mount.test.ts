import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync, rmSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { describeFuse, isMounted, newMountpoint, ofTest, type Served, serve } from './fuse/served.js';
import { run, until } from './peers/run.js';
import { sha256 } from './support.js';

/** What everything that must not hang gets, in milliseconds. */
const soonMs = 15_000;
const film = Uint8Array.from({ length: 4_000_000 }, (_, index) => (index * 2654435761) >>> 24);
const bash = (script: string) => run('bash', ['-c', script]);

/** A process that reads a file which does not come, and is asleep in that. */
async function stalledReader(mountpoint: string, file = 'stalled.mkv'): Promise<ChildProcess> {
  const reader = ofTest(spawn('cat', [`${mountpoint}/${file}`], { stdio: ['ignore', 'ignore', 'pipe'] }));
  // Neither of these asks the file system anything.
  const opened = () => {
    try {
      return readlinkSync(`/proc/${reader.pid}/fd/3`).endsWith(file);
    } catch {
      return false; // not yet
    }
  };
  const sleeps = () => /\) [DS] /.test(readFileSync(`/proc/${reader.pid}/stat`, 'utf8'));
  await until('the reader has opened the file', opened, soonMs);
  await until('the reader sleeps', sleeps, soonMs);
  return reader;
}

const ended = (child: ChildProcess) =>
  new Promise<number | NodeJS.Signals>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode ?? child.signalCode ?? 0);
    else child.once('exit', (code, signal) => resolve(code ?? signal ?? 0));
  });

/** Waits for something that may not take longer than soon. */
async function soon<T>(what: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('too late')), soonMs);
  });
  return Promise.race([what, late]).finally(() => clearTimeout(timer));
}

describeFuse(['mount', 'umount'], 'a mount of the catalog', () => {
  it('is read-only, has every byte, and goes with the adapter; the process ends by itself', async () => {
    const mountpoint = newMountpoint('films, & ümläuts');
    const { ask, ended: serverEnded, outcome } = await serve([mountpoint], { options: { name: 'news.reel' } });
    expect(outcome).toBe('mounted');
    const listed = await run('ls', [mountpoint, `${mountpoint}/many`]);
    expect(listed.stdout).toContain('film.mkv\nmany\nstalled.mkv');
    const hashed = await run('sha256sum', [`${mountpoint}/film.mkv`]);
    expect(hashed.stdout.split(' ')[0]).toBe(sha256(film));
    for (const write of ['touch x', 'rm film.mkv', 'mkdir y', 'echo > film.mkv', 'mv film.mkv z'])
      await expect(bash(`cd '${mountpoint}' && ${write}`), write).rejects.toThrow(/Read-only|Permission/);
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).toMatch(/ - fuse\.news-reel news\.reel /);
    await ask('close');
    expect(isMounted(mountpoint)).toBe(false);
    expect(await ask('counts')).toEqual([[0, 0]]);
    await ask('disconnect');
    expect(await serverEnded(soonMs)).toEqual({ code: 0, signal: null });
  });

  it('several of them live and end in one process', async () => {
    const mountpoints = [newMountpoint(), newMountpoint(), newMountpoint()];
    const { ask, ended: serverEnded } = await serve(mountpoints);
    for (const mountpoint of mountpoints) expect((await run('ls', [mountpoint])).stdout).toContain('film.mkv');
    await ask('exit', 3);
    expect((await serverEnded(soonMs)).code).toBe(3);
    expect(mountpoints.filter(isMounted)).toEqual([]);
  });

  it('may be unmounted by somebody else, which is noticed and lets the process end', async () => {
    const mountpoint = newMountpoint();
    const { ask, ended: serverEnded } = await serve([mountpoint]);
    await run('umount', [mountpoint]);
    await until('it is noticed', async () => String(await ask('log')).includes('unmounted by somebody else'), soonMs);
    await ask('disconnect');
    expect((await serverEnded(soonMs)).code).toBe(0);
  });

  it('is refused where one is alive, and replaces one whose process was killed', async () => {
    const mountpoint = newMountpoint();
    const first = await serve([mountpoint]);
    expect((await serve([mountpoint])).outcome).toMatchObject({ code: 'ERR_MOUNT_UNAVAILABLE', reason: 'busy' });
    const reader = await stalledReader(mountpoint);
    first.child.kill('SIGKILL');
    await first.ended(soonMs);
    expect(await soon(ended(reader))).toBe(1);
    expect(isMounted(mountpoint)).toBe(true);
    await expect(run('ls', [mountpoint])).rejects.toThrow('not connected');
    const second = await serve([mountpoint]);
    expect(second.outcome).toBe('mounted');
    expect(await second.ask('log')).toContain('info: took away a mount whose program had died');
    expect((await run('ls', [mountpoint])).stdout).toContain('film.mkv');
  });
});

describeFuse(['mount', 'umount'], 'a process that reads its own mount', () => {
  it('may do so asynchronously, with more files at once than the pool has threads', async () => {
    const { ask } = await serve([newMountpoint()]);
    expect(await ask('manyOpens')).toEqual([100_000]);
  });

  it('is refused at once when it does so synchronously, and told in the log', async () => {
    const { ask } = await serve([newMountpoint()]);
    const deadlock = -35;
    expect(await ask('sync')).toEqual({ stat: deadlock, read: deadlock, list: deadlock });
    expect(await ask('syncOnOpenFile')).toMatchObject({ asynchronously: 10_000, closed: 'done' });
    expect(await ask('manyOpens')).toEqual([100_000]);
    const said = (await ask('log')) as string[];
    expect(said.filter((line) => line.includes('EDEADLK'))).toHaveLength(1);
  });

  it('gets away from waiting for a child that reads it, and serves on', async () => {
    const mountpoint = newMountpoint();
    const { ask } = await serve([mountpoint]);
    expect(await ask('child', 'sh', '-c', `cat '${mountpoint}/film.mkv' || exit 1`)).toContain('deadlock avoided');
    expect((await run('sha256sum', [`${mountpoint}/film.mkv`])).stdout).toContain(sha256(film));
    expect(await ask('manyOpens')).toEqual([100_000]);
    await ask('close');
    expect(await ask('counts')).toEqual([[0, 0]]);
  });
});

describeFuse(['mount', 'umount'], 'readers that wait for bytes that do not come', () => {
  it('can be killed', async () => {
    const mountpoint = newMountpoint();
    const { ask } = await serve([mountpoint], { options: { requestTimeoutMs: 1_500 } });
    for (const signal of ['SIGKILL', 'SIGINT'] as const) {
      const reader = await stalledReader(mountpoint);
      reader.kill(signal);
      expect(await soon(ended(reader))).toBe(signal);
    }
    // The kernel keeps what it read ahead for them; it says nothing of it when they are gone.
    await until('their handles are closed', async () => String(await ask('counts')) === '0,0', soonMs);
  });

  it('are told when their time is up', async () => {
    const mountpoint = newMountpoint();
    await serve([mountpoint], { options: { requestTimeoutMs: 300 } });
    await expect(soon(run('cat', [`${mountpoint}/stalled.mkv`]))).rejects.toThrow(/timed out|Input\/output/);
  });

  it('do not keep the mount from going', async () => {
    const mountpoint = newMountpoint();
    const { ask, ended: serverEnded } = await serve([mountpoint], { options: { closeGraceMs: 50 } });
    const readers = await Promise.all([1, 2, 3].map(() => stalledReader(mountpoint)));
    await ask('stall', 6);
    await soon(ask('close'));
    for (const reader of readers) expect(await soon(ended(reader))).toBe(1);
    expect(isMounted(mountpoint)).toBe(false);
    await ask('disconnect');
    expect((await serverEnded(soonMs)).code).toBe(0);
  });

  it('go on when somebody else unmounts lazily, and let the process end', async () => {
    const mountpoint = newMountpoint();
    const { ask, ended: serverEnded } = await serve([mountpoint]);
    const reader = await stalledReader(mountpoint);
    await run('umount', ['-l', mountpoint]);
    await ask('exit', 4);
    expect((await serverEnded(soonMs)).code).toBe(4);
    expect(await soon(ended(reader))).toBe(1);
  });
});

describeFuse(['mount', 'umount', 'unshare'], 'the end of a process', () => {
  const ways: readonly (readonly [string, (server: Served) => unknown, object])[] = [
    ['process.exit()', ({ ask }) => ask('exit', 5), { code: 5, signal: null }],
    ['an exception nobody catches', ({ ask }) => ask('throw'), { code: 1, signal: null }],
    ...(['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map(
      (signal) => [signal, ({ child }: Served) => child.kill(signal), { code: null, signal }] as const,
    ),
  ];

  it.each(ways)('by %s takes the mount with it, whoever waits', async (_name, end, how) => {
    const mountpoint = newMountpoint();
    const server = await serve([mountpoint]);
    const reader = await stalledReader(mountpoint);
    await server.ask('stall', 6); // every thread of its own pool
    await end(server);
    expect(await server.ended(soonMs)).toEqual(how);
    expect(isMounted(mountpoint)).toBe(false);
    expect(await soon(ended(reader))).toBe(1);
  });

  it('is up to the app when that listens to the signal', async () => {
    const mountpoint = newMountpoint();
    const {
      child,
      ask,
      ended: serverEnded,
    } = await serve([mountpoint], {
      on: { SIGINT: 'ignore', SIGHUP: 'exit', SIGTERM: 'close' },
    });
    child.kill('SIGINT');
    expect((await run('ls', [mountpoint])).stdout).toContain('film.mkv');
    expect(await ask('log')).toContain('info: the catalog is mounted');
    child.kill('SIGTERM');
    expect(await serverEnded(soonMs)).toEqual({ code: 0, signal: null });
    expect(isMounted(mountpoint)).toBe(false);

    const second = await serve([mountpoint], { on: { SIGHUP: 'exit' } });
    second.child.kill('SIGHUP');
    expect(await second.ended(soonMs)).toEqual({ code: 7, signal: null });
    expect(isMounted(mountpoint)).toBe(false);
  });

  it('comes also when another mount namespace holds on to the mount', async () => {
    const mountpoint = newMountpoint();
    const { ask, ended: serverEnded } = await serve([mountpoint]);
    const holder = ofTest(spawn('unshare', ['--mount', '--propagation', 'private', 'sleep', '60']));
    await until('it has its own', () => existsSync(`/proc/${holder.pid}/root${mountpoint}/film.mkv`), soonMs);
    await soon(ask('close'));
    expect(isMounted(mountpoint)).toBe(false);
    expect(() => statfsSync(`/proc/${holder.pid}/root${mountpoint}`)).toThrow('ENOTCONN');
    await ask('disconnect');
    expect((await serverEnded(soonMs)).code).toBe(0);
    rmSync(mountpoint, { recursive: true, force: true });
  });
});

describeFuse(['mount', 'umount', 'stat'], 'an engine in a worker thread', () => {
  const program = fileURLToPath(new URL('fuse/in-worker.mjs', import.meta.url));

  it.each([
    ['close', 0],
    ['terminate', 0],
    ['exit', 6],
  ])('ends by %s', async (ending, code) => {
    const mountpoint = newMountpoint();
    const child = ofTest(spawn(process.execPath, [program, mountpoint, ending], { stdio: 'ignore' }));
    expect(await soon(ended(child))).toBe(code);
    // Without a word to the engine the dead mount stays; the next one cleans it.
    expect(isMounted(mountpoint)).toBe(ending !== 'close');
    const next = await serve([mountpoint]);
    expect(next.outcome).toBe('mounted');
  });
});

/** Becomes nobody, in a mount namespace of its own where `/dev/fuse` is open to everybody. */
function asNobody(folder: string): readonly string[] {
  const script = [
    `mknod -m 666 '${folder}/fuse' c 10 229`,
    `mount --bind '${folder}/fuse' /dev/fuse`,
    'exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"',
  ].join(' && ');
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh'];
}

describeFuse(['mount', 'umount', 'unshare', 'setpriv', 'nsenter', 'fusermount3'], 'without root', () => {
  async function serveAsNobody(more: object = {}) {
    const mountpoint = newMountpoint();
    await run('chown', ['65534:65534', mountpoint]);
    const server = await serve([mountpoint], { through: asNobody(dirname(mountpoint)), ...more });
    const nobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
    const inside = (...command: string[]) =>
      run('nsenter', ['-t', `${server.child.pid}`, '-m', '--', ...nobody, ...command]);
    const table = () => inside('cat', '/proc/self/mountinfo').then(({ stdout }) => stdout);
    return { mountpoint, inside, table, ...server };
  }

  it('mounts through fusermount3, and takes the mount away', async () => {
    const { mountpoint, inside, table, outcome, ask, ended: serverEnded } = await serveAsNobody();
    expect(outcome).toBe('mounted');
    expect((await inside('sha256sum', `${mountpoint}/film.mkv`)).stdout).toContain(sha256(film));
    expect(await ask('sync')).toMatchObject({ read: -35 });
    expect(await table()).toContain(mountpoint);
    await ask('close');
    expect(await table()).not.toContain(`${mountpoint} `);
    await ask('disconnect');
    expect((await serverEnded(soonMs)).code).toBe(0);
  });

  it.each(['SIGTERM', 'exit', 'throw'])('ends by %s, whoever waits', async (way) => {
    const { mountpoint, inside, child, ask, ended: serverEnded } = await serveAsNobody();
    const keeper = ofTest(spawn('nsenter', ['-t', `${child.pid}`, '-m', '--', 'sleep', '60']));
    const reader = inside('cat', `${mountpoint}/stalled.mkv`).catch((error: Error) => error.message);
    await until('it waits', async () => ((await ask('stats')) as { inFlight: number }).inFlight > 0, soonMs);
    if (way === 'SIGTERM') child.kill(way);
    else await ask(way, 0);
    await serverEnded(soonMs);
    expect(await soon(reader)).toMatch(/not connected|aborted/i);
    const table = await run('nsenter', ['-t', `${keeper.pid}`, '-m', '--', 'cat', '/proc/self/mountinfo']);
    expect(table.stdout).not.toContain(`${mountpoint} `);
  });

  it('is told what is missing for letting others in', async () => {
    const { outcome } = await serveAsNobody({ options: { allowOther: true } });
    expect(outcome).toMatchObject({ code: 'ERR_MOUNT_UNAVAILABLE', reason: 'permission' });
    expect((outcome as { remedy: string }).remedy).toContain('user_allow_other');
  });
});
