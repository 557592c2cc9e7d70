import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterEach } from 'vitest';

/** How a program ended, and what it printed. */
export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly durationMs: number;
  /** Longest time it was seen in uninterruptible sleep without a break, in milliseconds. */
  readonly longestInDMs: number;
}

/** A program under way. */
export interface Running {
  readonly child: ChildProcess;
  /** Resolves when it has ended, however, and nobody prints any more; rejects when it could not be started. */
  readonly outcome: Promise<Outcome>;
}

/** How often somebody looks what a program is doing, in milliseconds. */
const lookEveryMs = 20;
/** Longest any program here may take, in milliseconds. */
const limitMs = 60_000;

const running = new Set<ChildProcess>();

/** What a test has not waited for does not outlive it. */
afterEach(() => {
  for (const child of running) killGroup(child);
});

/** Starts a program, in a process group of its own. It is killed after a minute, or when the test is over. */
export function start(program: string, args: readonly string[], cwd?: string): Running {
  const startMs = performance.now();
  const child = spawn(program, [...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  running.add(child);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => void stdout.push(piece));
  child.stderr.on('data', (piece: Buffer) => void stderr.push(piece));
  const sleep = watchSleep(child);
  const limit = setTimeout(() => killGroup(child), limitMs);
  const outcome = new Promise<Outcome>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      running.delete(child);
      clearTimeout(limit);
      const printed = { stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() };
      resolve({ code, signal, ...printed, durationMs: performance.now() - startMs, longestInDMs: sleep() });
    });
  });
  return { child, outcome };
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

/** Runs a program to its end. */
export const outcomeOf = (program: string, args: readonly string[], cwd?: string): Promise<Outcome> =>
  start(program, args, cwd).outcome;

/** What a program prints; fails with what it says when it does not end well. */
export async function printedBy(program: string, args: readonly string[], cwd?: string): Promise<Buffer> {
  const { code, signal, stdout, stderr } = await outcomeOf(program, args, cwd);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code ?? signal}\n${stderr}`);
  return stdout;
}

/** As {@link printedBy}, of a script for bash. */
export const bash = (script: string, cwd?: string): Promise<Buffer> =>
  printedBy('bash', ['-o', 'pipefail', '-c', script], cwd);

/** Looks again and again whether a program is in uninterruptible sleep. */
function watchSleep({ pid }: ChildProcess): () => number {
  let since: number | undefined;
  let longestMs = 0;
  const timer = setInterval(() => {
    if (stateOf(pid) !== 'D') since = undefined;
    else since ??= performance.now();
    if (since !== undefined) longestMs = Math.max(longestMs, performance.now() - since);
  }, lookEveryMs);
  return () => {
    clearInterval(timer);
    return longestMs;
  };
}

/** The state of a process as `ps` shows it; `undefined` when there is none. */
function stateOf(pid: number | undefined): string | undefined {
  return / (\w) [^)]*$/.exec(ofProcess(pid, 'stat'))?.[1];
}

/** Whether a program waits for bytes of the mount: for an answer, or for a page somebody else has asked for. */
export function isWaitingForBytes({ pid }: ChildProcess): boolean {
  return /folio|fuse|request/.test(ofProcess(pid, 'wchan'));
}

function ofProcess(pid: number | undefined, what: 'stat' | 'wchan'): string {
  try {
    return readFileSync(`/proc/${pid}/${what}`, 'utf8');
  } catch {
    return '';
  }
}
