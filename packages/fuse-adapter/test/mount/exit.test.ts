import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ExitGuard } from '../../src/mount/exit.js';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type Signal = (typeof signals)[number];

/** A process that only says what would have become of it. */
class Pretended extends EventEmitter {
  readonly pid = 4711;
  readonly killed: string[] = [];

  /** As the kernel would: without a listener the process dies. */
  deliver(signal: Signal): void {
    if (!this.emit(signal, signal)) this.killed.push(`died of ${signal}`);
  }

  kill(pid: number, signal: string): void {
    expect(pid).toBe(this.pid);
    this.deliver(signal as Signal);
  }
}

function guarded(names = ['mount']) {
  const ending = new Pretended();
  const guard = new ExitGuard(ending);
  const down: string[] = [];
  const offs = names.map((name) => guard.add(() => down.push(name)));
  return { ending, guard, down, offs };
}

const listeners = (ending: Pretended) =>
  [...signals, 'exit', 'newListener', 'removeListener'].map((event) => ending.listenerCount(event));

describe('the end of the process', () => {
  it('takes every mount down at exit, also when one of them fails', () => {
    const { ending, guard, down } = guarded(['first']);
    guard.add(() => {
      throw new Error('no');
    });
    guard.add(() => down.push('last'));
    ending.emit('exit', 0);
    expect(down).toEqual(['first', 'last']);
  });

  it.each(signals)('takes mounts down at %s and dies of it when the app does not listen', (signal) => {
    const { ending, down } = guarded();
    ending.deliver(signal);
    expect(down).toEqual(['mount']);
    expect(ending.killed).toEqual([`died of ${signal}`]);
  });

  it.each(signals)('leaves %s to an app that listens, before or after mounting', async (signal) => {
    const before = new Pretended();
    const heard: string[] = [];
    before.on(signal, () => heard.push('before'));
    const guard = new ExitGuard(before);
    guard.add(() => heard.push('down'));
    before.deliver(signal);

    const { ending, down } = guarded();
    ending.on(signal, () => heard.push('after'));
    ending.deliver(signal); // even before ours is gone
    await Promise.resolve();
    ending.deliver(signal);
    expect(ending.listenerCount(signal)).toBe(1);
    expect(heard).toEqual(['before', 'after', 'after']);
    expect(down).toEqual([]);
  });

  it('lets an app that listens once close in peace; a second signal ends it', async () => {
    const { ending, down } = guarded();
    const heard: string[] = [];
    ending.once('SIGINT', () => heard.push('closing'));
    await Promise.resolve();
    ending.deliver('SIGINT');
    expect([heard, down, ending.killed]).toEqual([['closing'], [], []]);
    ending.deliver('SIGINT');
    expect([down, ending.killed]).toEqual([['mount'], ['died of SIGINT']]);
  });

  it('takes over again when the app stops listening', async () => {
    const { ending, down } = guarded();
    const listener = () => {};
    ending.on('SIGTERM', listener);
    await Promise.resolve();
    ending.off('SIGTERM', listener);
    ending.deliver('SIGTERM');
    expect(down).toEqual(['mount']);
  });

  it('gets along with packages that act only when theirs is the only listener', async () => {
    const { ending, down } = guarded();
    const cleaned: string[] = [];
    const listener = () => {
      if (ending.listenerCount('SIGINT') > 1) return;
      ending.off('SIGINT', listener);
      cleaned.push('theirs');
      ending.kill(ending.pid, 'SIGINT');
    };
    ending.on('SIGINT', listener);
    await Promise.resolve();
    ending.deliver('SIGINT');
    expect([cleaned, down, ending.killed]).toEqual([['theirs'], ['mount'], ['died of SIGINT']]);
  });

  it('works beside another copy of itself', async () => {
    const { ending, down } = guarded(['first']);
    new ExitGuard(ending).add(() => down.push('second'));
    await Promise.resolve();
    ending.deliver('SIGHUP');
    expect(down).toEqual(['first', 'second']);
    expect(ending.killed).toEqual(['died of SIGHUP']);
  });

  it('listens only while there is a mount', () => {
    const { ending, guard, offs, down } = guarded(['first', 'second']);
    expect(listeners(ending)).toEqual([1, 1, 1, 1, 1, 1]);
    offs[0]!();
    expect(listeners(ending)).toEqual([1, 1, 1, 1, 1, 1]);
    offs[1]!();
    offs[1]!();
    expect(listeners(ending)).toEqual([0, 0, 0, 0, 0, 0]);
    guard.add(() => down.push('third'));
    expect(listeners(ending)).toEqual([1, 1, 1, 1, 1, 1]);
    ending.emit('exit', 0);
    expect(down).toEqual(['third']);
  });
});
