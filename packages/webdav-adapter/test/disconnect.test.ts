import { request as httpRequest } from 'node:http';
import type { Socket } from 'node:net';
import { manualClock } from '@newsreel/core/testing';
import { describe, expect, it } from 'vitest';
import { dial, pattern, raw, type Served, serve, until } from './support.js';

const megabyte = 1024 * 1024;
const get = 'GET /big.mkv HTTP/1.1\r\nHost: localhost\r\n\r\n';
const nothingHeld = ({ catalog }: Served) => catalog.openHandles === 0 && catalog.openLeases === 0;

/** A socket that has asked for the big file, seen the first bytes and then stopped reading. */
async function stalled(port: number): Promise<Socket> {
  const socket = dial(port);
  socket.write(get);
  await new Promise((resolve) => socket.once('data', resolve));
  socket.pause();
  return socket;
}

/** Waits until the server neither fetches nor sends any more. */
async function resting({ catalog }: Served): Promise<void> {
  let before = -1;
  await until('resting', () => {
    const rests = catalog.openLeases > 0 && catalog.openLeases === before;
    before = catalog.openLeases;
    return rests;
  });
}

describe('a client that leaves', () => {
  it('before the first byte cancels the fetch', async () => {
    const served = await serve({ '/big.mkv': pattern(megabyte) });
    let asked = false;
    served.catalog.fault('/big.mkv', {
      before: () => {
        asked = true;
        return new Promise(() => {});
      },
    });
    const socket = dial(served.port);
    socket.write(get);
    await until('asked', () => asked);
    expect(served.catalog.openHandles).toBe(1);
    socket.destroy();
    await until('given back', () => nothingHeld(served));
    expect(served.log.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('in the middle gives every lease back once', async () => {
    const served = await serve({ '/big.mkv': pattern(64 * megabyte) });
    const socket = await stalled(served.port);
    await resting(served);
    expect(served.catalog.openLeases).toBeGreaterThan(0);
    socket.destroy();
    await until('given back', () => nothingHeld(served));
    expect(served.log.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('with requests still in its pipeline leaves nothing', async () => {
    const served = await serve({ '/big.mkv': pattern(64 * megabyte) });
    const socket = dial(served.port);
    socket.write(get.repeat(5));
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();
    await resting(served);
    expect(served.catalog.opened).toBe(1); // the others wait for their turn
    socket.destroy();
    await until('given back', () => nothingHeld(served));
    await served.adapter.close(); // would wait for anything left running
  });

  it('a thousand times leaves no handle and no lease', async () => {
    const served = await serve({ '/big.mkv': pattern(4 * megabyte) }, { closeGraceMs: 60_000 });
    const abortOne = (index: number) =>
      new Promise<void>((resolve) => {
        const request = httpRequest({ port: served.port, path: '/big.mkv', agent: false }, (response) => {
          let seen = 0;
          response.on('error', () => {});
          response.on('data', (chunk: Buffer) => {
            seen += chunk.length;
            if (seen > (index % 7) * 100_000) request.destroy();
          });
        });
        request.on('error', () => {});
        request.on('close', () => resolve());
        request.end();
        if (index % 5 === 0) setTimeout(() => request.destroy(), index % 11);
      });
    for (let round = 0; round < 1000; round += 25) {
      await Promise.all(Array.from({ length: 25 }, (_, index) => abortOne(round + index)));
    }
    await until('given back', () => nothingHeld(served));
    expect(served.catalog.opened).toBeGreaterThan(500);
    await served.adapter.close();
  });
});

describe('a client that reads slowly', () => {
  it('bounds what is fetched for it', async () => {
    const served = await serve({ '/big.mkv': pattern(64 * megabyte) }, { sendBufferBytes: 262_144 });
    await stalled(served.port);
    await resting(served);
    expect(served.catalog.openLeases * 65_536).toBeLessThanOrEqual(262_144 + 65_536);
  });

  it('gets every byte, and no listener is left behind', async () => {
    const bytes = pattern(16 * megabyte);
    const served = await serve({ '/big.mkv': bytes }, {}, { pieceBytes: 100_003 });
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    const socket = dial(served.port);
    socket.write(get.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    const chunks: Buffer[] = [];
    for await (const chunk of socket) {
      chunks.push(chunk as Buffer);
      if (chunks.length % 64 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    process.off('warning', onWarning);
    const all = Buffer.concat(chunks);
    expect(Buffer.compare(all.subarray(all.indexOf('\r\n\r\n') + 4), bytes)).toBe(0);
    expect(warnings).toEqual([]);
    await until('given back', () => nothingHeld(served));
  });

  it('is cut off when it takes nothing for too long, and not before', async () => {
    const clock = manualClock();
    const served = await serve({ '/big.mkv': pattern(64 * megabyte) }, { writeTimeoutMs: 10_000 }, { clock });
    const socket = await stalled(served.port);
    let closed = false;
    socket.once('close', () => {
      closed = true;
    });
    await resting(served);
    clock.advance(9_000);
    expect(served.catalog.openHandles).toBe(1);
    // It reads a little: the time starts anew.
    const held = served.catalog.reads.length;
    let taken = 0;
    socket.on('data', (chunk: Buffer) => {
      taken += chunk.length;
      if (taken > 16 * megabyte) socket.pause();
    });
    socket.resume();
    await until('took more', () => taken > 16 * megabyte);
    await resting(served);
    clock.advance(9_000);
    expect([served.catalog.openHandles, served.catalog.reads.length]).toEqual([1, held]);
    clock.advance(2_000);
    await until('cut off', () => nothingHeld(served));
    socket.removeAllListeners('data').resume();
    await until('closed', () => closed);
    expect(taken).toBeLessThan(64 * megabyte);
    expect(clock.pending).toBe(0);
  });
});

describe('a failure after the first byte', () => {
  it.each([
    ['a file', '/big.mkv', {}],
    ['a part', '/big.mkv', { Range: 'bytes=100-2000000' }],
  ])('cuts off the body of %s', async (_, path, headers) => {
    const served = await serve({ '/big.mkv': pattern(4 * megabyte) });
    served.catalog.fault('/big.mkv', { failAt: megabyte });
    const response = await fetch(`http://127.0.0.1:${served.port}${path}`, { headers });
    expect(response.ok).toBe(true);
    await expect(response.arrayBuffer()).rejects.toThrow();
    await until('given back', () => nothingHeld(served));
    expect(served.log.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  it('delivers nothing beyond the bytes before it', async () => {
    const bytes = pattern(megabyte);
    const { port, catalog } = await serve({ '/big.mkv': bytes });
    catalog.fault('/big.mkv', { failAt: 300_000 });
    const { status, body } = await raw(port, get);
    expect(status).toBe(200);
    expect(body.length).toBeLessThanOrEqual(300_000);
    expect(Buffer.compare(body, bytes.subarray(0, body.length))).toBe(0);
  });
});

describe('an answer that takes too long', () => {
  it('becomes 504', async () => {
    const clock = manualClock();
    const served = await serve({ '/big.mkv': 'x' }, { answerTimeoutMs: 5_000 }, { clock });
    let asked = false;
    served.catalog.fault('/big.mkv', {
      before: () => {
        asked = true;
        return new Promise(() => {});
      },
    });
    const response = raw(served.port, get.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    await until('asked', () => asked);
    clock.advance(5_000);
    expect((await response).status).toBe(504);
    await until('given back', () => nothingHeld(served));
    expect(clock.pending).toBe(0);
  });

  it('does not hurry a stream that has begun', async () => {
    const clock = manualClock();
    const served = await serve({ '/big.mkv': pattern(megabyte) }, { answerTimeoutMs: 5_000 }, { clock });
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    served.catalog.fault('/big.mkv', { before: (position) => (position === 0 ? Promise.resolve() : gate) });
    const response = await fetch(`http://127.0.0.1:${served.port}/big.mkv`);
    clock.advance(60_000);
    open();
    expect((await response.arrayBuffer()).byteLength).toBe(megabyte);
  });

  it('counts a request body that does not arrive', async () => {
    const clock = manualClock();
    const served = await serve({}, { answerTimeoutMs: 5_000 }, { clock });
    const response = raw(
      served.port,
      'PROPFIND / HTTP/1.1\r\nHost: localhost\r\nDepth: 0\r\nContent-Length: 10\r\n\r\n<',
    );
    await until('waiting', () => clock.pending > 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    clock.advance(5_000);
    expect((await response).status).toBe(504);
  });
});
