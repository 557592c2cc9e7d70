import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runProgram, runProgramNow } from '../../src/mount/run-program.js';

const timeoutMs = 10_000;
const shell = (script: string) => ['sh', ['-c', script]] as const;

describe.skipIf(process.platform === 'win32')('running a program', () => {
  it.each([
    ['true', { status: 'done', says: '' }],
    ['echo no such luck >&2; exit 3', { status: 'failed', says: 'no such luck' }],
    ['kill -9 $$', { status: 'failed', says: '' }],
    ['echo $LC_ALL >&2', { status: 'done', says: 'C' }],
  ])('%s', async (script, expected) => {
    expect(await runProgram(...shell(script), { timeoutMs })).toEqual(expected);
    expect(runProgramNow(...shell(script), { timeoutMs })).toMatchObject({ status: expected.status });
  });

  it('says when there is no such program', async () => {
    expect((await runProgram('newsreel-no-such-program', [], { timeoutMs })).status).toBe('missing');
    expect(runProgramNow('newsreel-no-such-program', [], { timeoutMs }).status).toBe('missing');
  });

  it('kills what takes too long, and what nobody wants any more', async () => {
    expect((await runProgram(...shell('exec sleep 20'), { timeoutMs: 50 })).status).toBe('late');
    expect(runProgramNow(...shell('exec sleep 20'), { timeoutMs: 50 }).status).toBe('late');
    const abort = new AbortController();
    const running = runProgram(...shell('exec sleep 20'), { timeoutMs, signal: abort.signal });
    abort.abort();
    expect((await running).status).toBe('failed');
    expect((await runProgram(...shell('exec sleep 20'), { timeoutMs, signal: abort.signal })).status).toBe('failed');
  });

  it('does not wait for what a program leaves running', async () => {
    expect((await runProgram(...shell('sleep 1 & echo left'), { timeoutMs: 100 })).status).toBe('late');
  });

  it('hands over a descriptor and adds to the environment', async () => {
    const path = join(tmpdir(), `newsreel-fd-${process.pid}`);
    const fd = openSync(path, 'w');
    try {
      await runProgram(...shell('echo $NAME >&3'), { timeoutMs, fd, environment: { NAME: 'value' } });
      expect(readFileSync(path, 'utf8')).toBe('value\n');
    } finally {
      closeSync(fd);
      rmSync(path);
    }
  });

  it('keeps no more of its words than anybody reads', async () => {
    const { says } = await runProgram(...shell('yes word | head -c 1000000 >&2'), { timeoutMs });
    expect(says.length).toBeLessThanOrEqual(2_000);
  });
});
