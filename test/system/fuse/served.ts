import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe } from 'vitest';
import { describeWith } from '../support.js';

const program = fileURLToPath(new URL('server.mjs', import.meta.url));

/** What `server.mjs` is told at its start. */
export interface ServerOptions {
  readonly options?: Record<string, unknown>;
  readonly on?: Partial<Record<NodeJS.Signals, 'close' | 'ignore' | 'exit'>>;
  /** Runs it in another way: a command line that ends where Node's begins. */
  readonly through?: readonly string[];
}

/** A process that serves mounts. */
export interface Served {
  readonly child: ChildProcess;
  /** `mounted`, or the error it was refused with. */
  readonly outcome: unknown;
  /** Asks it to do something; see `server.mjs`. */
  ask(deed: string, ...args: readonly unknown[]): Promise<unknown>;
  /** How it ended. Rejects when it does not. */
  ended(withinMs: number): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

const folders: string[] = [];
const children: ChildProcess[] = [];

/** Everything a test started is killed, whatever it mounted is unmounted. */
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) {
    for (const mountpoint of mountedBelow(folder)) spawnSync('umount', ['-l', mountpoint], { timeout: 5_000 });
    rmSync(folder, { recursive: true, force: true });
  }
});

/** A new folder to mount on, which goes when the test is over. */
export function newMountpoint(name = 'mount'): string {
  const folder = mkdtempSync(join(tmpdir(), 'newsreel-fuse-'));
  folders.push(folder);
  chmodSync(folder, 0o755); // other users get to it, too
  mkdirSync(join(folder, name));
  return join(folder, name);
}

/** A process the test starts, killed when it is over. */
export function ofTest<Child extends ChildProcess>(child: Child): Child {
  children.push(child);
  return child;
}

/** What is mounted at or below a folder, the last first. Asks no file system. */
export function mountedBelow(folder: string): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  const all = lines.map((line) =>
    (line.split(' ')[4] ?? '').replace(/\\(\d{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    ),
  );
  return all.filter((mountpoint) => mountpoint === folder || mountpoint.startsWith(`${folder}/`)).reverse();
}

/** Whether something is mounted there. */
export const isMounted = (mountpoint: string) => mountedBelow(mountpoint).includes(mountpoint);

/** Starts a server and waits until it has mounted, or was refused. */
export async function serve(mountpoints: readonly string[], more: ServerOptions = {}): Promise<Served> {
  const { through = [], ...options } = more;
  const [execPath = process.execPath, ...rest] = [...through, process.execPath];
  const child = ofTest(
    fork(program, [JSON.stringify({ mountpoints, ...options })], {
      execPath,
      execArgv: rest,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    }),
  );
  let printed = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  const waiting = new Map<number, (message: { value?: unknown; error?: string }) => void>();
  child.on('message', (message: { id: number; value?: unknown; error?: string }) => waiting.get(message.id)?.(message));
  const ending = new Promise<Awaited<ReturnType<Served['ended']>>>((resolve) => {
    child.on('exit', (code, signal) => resolve({ code, signal }));
  });
  const answer = (id: number) =>
    new Promise<unknown>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the server does not answer\n${printed}`)), 20_000);
      void ending.then(() => reject(new Error(`the server has ended\n${printed}`)));
      waiting.set(id, ({ value, error }) => {
        clearTimeout(timer);
        if (error === undefined) resolve(value);
        else reject(new Error(error));
      });
    });
  let last = 0;
  return {
    child,
    outcome: await answer(0),
    ask(deed, ...args) {
      const id = ++last;
      if (!child.connected) return Promise.reject(new Error(`the server has ended\n${printed}`));
      child.send({ id, deed, args });
      return answer(id);
    },
    ended: (withinMs) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`the server does not end\n${printed}`)), withinMs);
        void ending.then((how) => {
          clearTimeout(timer);
          resolve(how);
        });
      }),
  };
}

/** As `describeWith`, for tests that need the real kernel: skipped, also in CI, where `/dev/fuse` cannot be used. */
export function describeFuse(programs: readonly string[], name: string, body: () => void): void {
  const why = obstacle();
  if (why === undefined) describeWith(programs, name, body);
  else describe.skip(`${name} (skipped: ${why})`, body);
}

/** Bit of `CAP_SYS_ADMIN`, which mounting takes. */
const systemAdministrator = 1n << 21n;

function obstacle(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root';
  const capabilities = /^CapEff:\s*(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  if ((BigInt(`0x${capabilities}`) & systemAdministrator) === 0n) return 'needs CAP_SYS_ADMIN';
  try {
    closeSync(openSync('/dev/fuse', 'r+'));
    return undefined;
  } catch {
    return '/dev/fuse cannot be opened';
  }
}
