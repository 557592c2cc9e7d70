import { Duplex, PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { TurnBudget } from '../../src/connection/turn-budget.js';
import { StreamWire } from '../../src/connection/wire.js';
import { idsOf, post, provider, server } from '../provider/harness.js';

describe('a wire', () => {
  it('stops reading for the rest of the turn when the budget is spent, and loses nothing', async () => {
    const stream = new PassThrough();
    const wire = new StreamWire(false, new TurnBudget(100));
    wire.adopt(stream, false);
    let received = 0;
    const take = (_input: Uint8Array, start: number, end: number) => {
      received += end - start;
    };
    wire.attach({ received: take, closed: () => {} });
    const seen: number[] = [];
    for (let piece = 0; piece < 20; piece++) stream.write(Buffer.alloc(50));
    while (received < 1000) {
      await new Promise(setImmediate);
      seen.push(received);
    }
    for (const [at, bytes] of seen.entries()) expect(bytes - (seen[at - 1] ?? 0)).toBeLessThanOrEqual(200);
    expect(received).toBe(1000);
    wire.destroy();
    await wire.gone;
  });

  it('keeps what came before anybody listened, and tells a late listener of the end', async () => {
    const stream = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
    const wire = new StreamWire(false);
    wire.adopt(stream, false);
    stream.push('200 hi\r\n');
    await new Promise(setImmediate);
    stream.destroy(new Error('gone'));
    await wire.gone;
    const heard: unknown[] = [];
    wire.attach({
      received: (input, start, end) => heard.push(Buffer.from(input.subarray(start, end)).toString()),
      closed: (cause) => heard.push((cause as Error).message),
    });
    await new Promise(setImmediate);
    expect(heard).toEqual(['200 hi\r\n', 'gone']);
  });
});

describe('the event loop', () => {
  it('takes turns while articles pour in', async () => {
    const on = await server();
    const file = await post(on, 40, 1_000_000);
    const tested = provider(on, { connections: 8 });
    await tested.warm(8);
    let turns = 0;
    let counting = true;
    const count = () => {
      turns++;
      if (counting) setImmediate(count);
    };
    setImmediate(count);
    const articles = idsOf(file).map(async (id) => (await tested.fetch(id, { lane: 'prefetch' })).release());
    await Promise.all(articles);
    counting = false;
    // 40 MB at no more than 4 MB (and a read per socket) a turn.
    expect(turns).toBeGreaterThanOrEqual(6);
  });
});
