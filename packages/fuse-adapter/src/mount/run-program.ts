import { type ChildProcess, type StdioOptions, spawn, spawnSync } from 'node:child_process';
import { systemClock } from '@newsreel/core/plugin';

/** How a program is run. */
export interface RunOptions {
  /** How long it may take, in milliseconds; then it is killed. */
  readonly timeoutMs: number;
  /** A descriptor the program finds as its number 3. */
  readonly fd?: number | undefined;
  /** Added to the environment. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Kills it. */
  readonly signal?: AbortSignal | undefined;
}

/** How it went. */
export interface Outcome {
  /** `missing`: there is no such program. `late`: it did not end in time. */
  readonly status: 'done' | 'failed' | 'missing' | 'late';
  /** What it had to say about it; empty when it said nothing. */
  readonly says: string;
}

/** Runs a program without ever waiting for it longer than told. Never rejects. */
export type RunProgram = (program: string, args: readonly string[], options: RunOptions) => Promise<Outcome>;
/** The same at once, for handlers of `exit`. */
export type RunProgramNow = (
  program: string,
  args: readonly string[],
  options: { readonly timeoutMs: number },
) => Outcome;

/** Descriptor a program finds when one is given. */
export const childFd = 3;
/** More than any of these programs has to say. */
const maxSaidCharacters = 2_000;
// What they say is looked at: in one language.
const environmentWith = (more?: Readonly<Record<string, string>>) => ({ ...process.env, LC_ALL: 'C', ...more });

/** Runs a program of the machine. */
export const runProgram: RunProgram = async (program, args, options) => {
  const stdio: StdioOptions = ['ignore', 'ignore', 'pipe'];
  if (options.fd !== undefined) stdio.push(options.fd);
  try {
    return await ended(spawn(program, [...args], { stdio, env: environmentWith(options.environment) }), options);
  } catch (error) {
    return { status: 'failed', says: (error as Error).message }; // no more processes or descriptors to be had
  }
};

function ended(child: ChildProcess, options: RunOptions): Promise<Outcome> {
  return new Promise((resolve) => {
    let says = '';
    const finish = (status: Outcome['status']) => {
      cancel();
      options.signal?.removeEventListener('abort', kill);
      resolve({ status, says: says.trim() });
    };
    const kill = () => child.kill('SIGKILL');
    const cancel = systemClock.after(options.timeoutMs, () => {
      kill();
      // It may sleep where no signal reaches it; nobody needs to wait for that.
      child.stderr?.destroy();
      child.unref();
      finish('late');
    });
    options.signal?.addEventListener('abort', kill, { once: true });
    if (options.signal?.aborted) kill();
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      says = (says + text).slice(0, maxSaidCharacters);
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      says ||= error.message;
      finish(error.code === 'ENOENT' ? 'missing' : 'failed');
    });
    child.on('close', (code) => finish(code === 0 ? 'done' : 'failed'));
  });
}

/** Runs a program of the machine and waits for it. */
export const runProgramNow: RunProgramNow = (program, args, { timeoutMs }) => {
  const result = spawnSync(program, [...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: environmentWith(),
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    encoding: 'utf8',
  });
  const error = result.error as NodeJS.ErrnoException | undefined;
  const says = (result.stderr || error?.message) ?? '';
  if (result.status === 0) return { status: 'done', says };
  const status = error?.code === 'ENOENT' ? 'missing' : error?.code === 'ETIMEDOUT' ? 'late' : 'failed';
  return { status, says: says.trim() };
};
