import { execFile, spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

/** Output of a program that ended well. */
export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; rejects with what it printed when it fails. */
export function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string>; timeoutMs?: number } = {},
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    execFile(
      program,
      [...args],
      {
        cwd: options.cwd,
        env: { ...process.env, ...options.env },
        timeout: options.timeoutMs ?? 120_000,
        maxBuffer: 256 * 1024 * 1024,
      },
      (error, stdout, stderr) => {
        if (error) reject(new Error(`${program} ${args.join(' ')}\n${error.message}\n${stdout}\n${stderr}`));
        else resolve({ stdout, stderr });
      },
    );
  });
}

/** Whether a program can be found. */
export function has(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v "${program}"`]).status === 0;
}

/** What a program prints, as bytes. */
export function bytesOf(program: string, args: readonly string[]): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const limits = { encoding: 'buffer', maxBuffer: 1 << 28, timeout: 60_000 } as const;
    execFile(program, [...args], limits, (error, stdout, stderr) => {
      if (error) reject(new Error(`${program}: ${error.message} ${stderr}`));
      else resolve(stdout);
    });
  });
}

/** Looks again and again until something holds; what throws does not hold yet. Fails with the last error, or with `what`. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs: number): Promise<void> {
  const lastMs = performance.now() + withinMs;
  for (;;) {
    let problem: unknown;
    try {
      if (await holds()) return;
    } catch (error) {
      problem = error;
    }
    if (performance.now() > lastMs) throw problem ?? new Error(`within ${withinMs} ms it did not happen that ${what}`);
    await delay(50);
  }
}
