import { describe, expect, it } from 'vitest';
import { nntp } from '../../src/index.js';
import { rawServer } from '../connection/raw-server.js';
import { closing, collect, idsOf, post, provider, server, testContext } from './harness.js';

describe('a sweep', () => {
  it('keeps a rolling window of STATs in flight', async () => {
    const on = await server({ rttMs: 20 });
    const file = await post(on, 200, 100);
    on.remove(idsOf(file).filter((_, at) => at % 10 === 0));
    const tested = provider(on, { connections: 1, statDepth: 40 });
    await tested.warm(1);
    const fromMs = performance.now();
    const answers = await collect(tested.stat(idsOf(file)));
    expect(performance.now() - fromMs).toBeLessThan(1000);
    expect(answers.filter((answer) => answer.state === 'present')).toHaveLength(180);
    expect(answers.filter((answer) => answer.state === 'missing')).toHaveLength(20);
    expect(on.counts().peakPipeline).toBeGreaterThan(10);
    expect(on.counts().peakPipeline).toBeLessThanOrEqual(40);
  });

  it('goes on elsewhere when the connection is lost, and asks nothing twice that was answered', async () => {
    const on = await server();
    const file = await post(on, 300, 100);
    on.setLimits({ closeAfterCommands: 120 });
    const tested = provider(on, { connections: 2, statDepth: 20 });
    const answers = await collect(tested.stat(idsOf(file)));
    expect(answers.map((answer) => answer.id).sort()).toEqual([...idsOf(file)].sort());
    expect(answers.every((answer) => answer.state === 'present')).toBe(true);
    expect(on.counts().peakConnections).toBeLessThanOrEqual(2);
  });

  it('answers unknown where the server does not, never missing', async () => {
    const on = await server();
    const file = await post(on, 5, 100);
    const mute = idsOf(file)[2] as string;
    on.fault(mute, { type: 'stallBeforeReply', verbs: ['STAT'] });
    const tested = provider(on, { connections: 1, deadlines: { firstByteMs: 50 } });
    const answers = await collect(tested.stat(idsOf(file)));
    const states = new Map(answers.map((answer) => [answer.id, answer.state]));
    expect(states.size).toBe(5);
    expect(states.get(mute)).toBe('unknown');
    expect([...states.values()]).not.toContain('missing');
  });

  it('answers unknown for all when nobody is there', async () => {
    const tested = closing(nntp({ host: '127.0.0.1', port: 1, tls: false })(testContext()));
    const answers = await collect(tested.stat(['a@b', 'c@d']));
    expect(answers).toMatchObject([
      { id: 'a@b', state: 'unknown' },
      { id: 'c@d', state: 'unknown' },
    ]);
  });

  it('answers unknown for refusals', async () => {
    const on = closing(
      await rawServer(async (socket, lines) => {
        socket.write('200 hi\r\n');
        for await (const line of lines) socket.write(line === 'QUIT' ? '205 bye\r\n' : '503 not now\r\n');
      }),
    );
    const tested = closing(nntp({ host: '127.0.0.1', port: on.port, tls: false })(testContext()));
    expect(await collect(tested.stat(['a@b']))).toMatchObject([{ state: 'unknown', cause: { reply: '503 not now' } }]);
  });

  it('stops soon after its reader does, and gives its place back', async () => {
    const on = await server({ rttMs: 5 });
    const file = await post(on, 500, 100);
    const tested = provider(on, { connections: 1, statDepth: 10 });
    for await (const batch of tested.stat(idsOf(file))) if (batch.length > 0) break;
    expect(await collect(tested.stat(idsOf(file).slice(0, 3)))).toHaveLength(3);
    expect(on.counts().commands['STAT']).toBeLessThan(100);
    expect(on.counts().connections).toBe(1);
  });

  it('rejects with the reason of an abort', async () => {
    const on = await server();
    const file = await post(on, 5, 100);
    on.fault(() => true, { type: 'stallBeforeReply', verbs: ['STAT'] });
    const tested = provider(on);
    const controller = new AbortController();
    const swept = collect(tested.stat(idsOf(file), { signal: controller.signal }));
    setTimeout(() => controller.abort(new Error('enough')), 20);
    await expect(swept).rejects.toThrow('enough');
  });
});
