import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Fault, type FaultRequest, type NewsServer, type PostedFile, startNewsServer } from '../../src/testing.js';
import { decodeBody } from './decode.js';
import { type RawClient, rawClient } from './raw-client.js';

const PART = 50_000;
let server: NewsServer;
let file: PostedFile;
let ids: string[];
let client: RawClient;

beforeEach(async () => {
  server = await startNewsServer({ tls: true });
  file = await server.post({ name: 'f.bin', bytes: randomBytes(3 * PART), partBytes: PART });
  ids = file.segments.map(({ id }) => id);
  client = await rawClient(server);
});
afterEach(() => server.close());

const original = (): Uint8Array => file.read({ start: 0, end: PART });
const hex = (bytes: Uint8Array): string => crc32(bytes).toString(16).padStart(8, '0');

/** The body of the first article with a fault. */
async function withFault(fault: Fault): Promise<{ wire: Buffer; decoded: ReturnType<typeof decodeBody> }> {
  server.fault(ids[0]!, fault);
  const wire = await client.body(ids[0]!);
  return { wire, decoded: decodeBody(wire) };
}

describe('faults of the body', () => {
  it('wrongCrc', async () => {
    const { decoded } = await withFault({ type: 'wrongCrc' });
    expect(decoded.bytes.equals(original())).toBe(true);
    expect(decoded.end).toMatch(/^=yend size=50000 part=1 pcrc32=[0-9a-f]{8}$/);
    expect(decoded.end).not.toContain(hex(original()));
  });

  it.each([undefined, 0, 25_000, 10_000_000])('flipByte at %s', async (at) => {
    const { decoded } = await withFault({ type: 'flipByte', at });
    const source = original();
    const differing = [...decoded.bytes.keys()].filter((index) => decoded.bytes[index] !== source[index]);
    expect(decoded.bytes.length).toBe(PART);
    expect(differing.length).toBe(1);
    expect(decoded.end).toContain(hex(original()));
    server.setFaults([]);
    expect(decodeBody(await client.body(ids[0]!)).bytes.equals(original())).toBe(true);
  });

  it('truncate', async () => {
    const { decoded } = await withFault({ type: 'truncate' });
    expect(decoded.end).toBe('');
    expect(decoded.bytes.length).toBeGreaterThan(PART / 3);
    expect(decoded.bytes.length).toBeLessThan(PART * 0.6);
    expect(decoded.bytes.equals(original().subarray(0, decoded.bytes.length))).toBe(true);
    const { decoded: kept } = await withFault({ type: 'truncate', keepBytes: 100, keepTrailer: true });
    expect(kept.bytes.length).toBeLessThanOrEqual(100);
    expect(kept.end).toContain('size=50000');
    for (const keepBytes of [0, 128, 129, 130, 131]) await withFault({ type: 'truncate', keepBytes });
    expect(await client.ask('DATE')).toMatch(/^111/);
  });

  it('missingYend', async () => {
    const { decoded } = await withFault({ type: 'missingYend' });
    expect(decoded.end).toBe('');
    expect(decoded.bytes.equals(original())).toBe(true);
  });

  it('wrongPartOffset', async () => {
    const { decoded } = await withFault({ type: 'wrongPartOffset', shiftBytes: 1000 });
    expect(decoded.head[1]).toBe('=ypart begin=1001 end=51000');
    expect(decoded.end).toContain(hex(original()));
  });

  it('wrongSize', async () => {
    expect((await withFault({ type: 'wrongSize' })).decoded.end).toContain('size=50001');
    expect((await withFault({ type: 'wrongSize', of: 'file', byBytes: -5 })).decoded.head[0]).toContain('size=149995');
  });

  it('wrongArticle', async () => {
    const { decoded } = await withFault({ type: 'wrongArticle', id: ids[1]! });
    expect(decoded.head[0]).toContain('part=2');
    server.setFaults([{ type: 'wrongArticle', id: ids[1]!, named: true }]);
    expect(await client.ask(`BODY <${ids[0]}>`)).toBe(`222 0 <${ids[1]}>`);
  });

  it('extraText', async () => {
    const { wire } = await withFault({
      type: 'extraText',
      before: ['Hello', '', '.dot'],
      after: ['bye'],
      blankLines: 2,
    });
    expect(wire.toString('latin1')).toMatch(/^Hello\r\n\r\n\.\.dot\r\n=ybegin /);
    expect(wire.toString('latin1')).toMatch(/\r\n\r\n\r\n=yend .*\r\nbye\r\n$/);
    expect(
      decodeBody(wire.subarray(wire.indexOf('=ybegin')))
        .bytes.subarray(0, PART)
        .equals(original()),
    ).toBe(true);
  });

  it('bareLf', async () => {
    const { wire } = await withFault({ type: 'bareLf' });
    const text = wire.toString('latin1');
    expect(text.replace(/\r\n$/, '')).not.toContain('\r');
    const restored = Buffer.from(text.replace(/\r\n$/, '').replaceAll('\n', '\r\n'), 'latin1');
    expect(decodeBody(restored).bytes.equals(original())).toBe(true);
    server.setFaults([{ type: 'bareLf', terminator: true }]);
    client.send(`BODY <${ids[0]}>\r\n`);
    const before = client.received.length;
    await client.until(() => client.received.toString('latin1', before).endsWith('\n.\n'));
  });
});

describe('faults of the conversation', () => {
  it('missing, once and for all verbs', async () => {
    server.fault(ids[0]!, { type: 'missing', times: 1 });
    expect(await client.ask(`BODY <${ids[0]}>`)).toMatch(/^430/);
    expect((await client.body(ids[0]!)).length).toBeGreaterThan(PART);
    server.fault(ids, { type: 'missing' });
    for (const verb of ['STAT', 'HEAD', 'BODY', 'ARTICLE']) {
      expect(await client.ask(`${verb} <${ids[1]}>`)).toMatch(/^430/);
    }
    await client.ask('GROUP alt.binaries.test');
    expect(await client.ask('BODY 2')).toMatch(/^423/);
    expect(server.counts().missing).toBe(6);
  });

  it('reply', async () => {
    server.fault(ids[0]!, { type: 'reply', code: 503, text: 'Disk fault' });
    expect(await client.ask(`BODY <${ids[0]}>`)).toBe('503 Disk fault');
    server.fault(ids[0]!, { type: 'reply', code: 400, close: true });
    expect(await client.ask(`BODY <${ids[0]}>`)).toBe('400 fault');
    await client.end();
  });

  it('stall keeps the connection open in the middle of the body', async () => {
    server.fault(ids[0]!, { type: 'stall', afterBytes: 1234, times: 1 });
    const before = client.received.length;
    client.send(`BODY <${ids[0]}>\r\nDATE\r\n`);
    await client.until(() => client.received.length - before >= 1234);
    expect(client.received.length - before).toBe(1234);
    expect(server.openConnections).toBe(1);
    expect(server.counts().bodies).toBe(0);
    client.close();
    await expect.poll(() => server.openConnections).toBe(0);
  });

  it('stall and stallBeforeReply for a while lose nothing', async () => {
    server.fault(ids[0]!, { type: 'stall', afterBytes: 1234, forMs: 30, times: 1 });
    server.fault(ids[1]!, { type: 'stallBeforeReply', forMs: 30, times: 1 });
    const startMs = performance.now();
    expect(decodeBody(await client.body(ids[0]!)).bytes.equals(original())).toBe(true);
    expect(decodeBody(await client.body(ids[1]!)).bytes.length).toBe(PART);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(58);
    expect(server.counts().bodies).toBe(2);
  });

  it('stallBeforeReply says nothing', async () => {
    server.fault(ids[0]!, { type: 'stallBeforeReply' });
    const before = client.received.length;
    client.send(`BODY <${ids[0]}>\r\nDATE\r\n`);
    await expect.poll(() => server.counts().commands['BODY']).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(client.received.length).toBe(before);
  });

  it('trickle', async () => {
    server.fault(ids[0]!, { type: 'trickle', bytesPerSecond: 500_000 });
    const startMs = performance.now();
    const { bytes } = decodeBody(await client.body(ids[0]!));
    expect(bytes.equals(original())).toBe(true);
    expect(performance.now() - startMs).toBeGreaterThan(60);
  });

  it.each([
    ['plain', 'end', 5000],
    ['plain', 'end', 0],
    ['plain', 'reset', 0],
    ['tls', 'end', 5000],
    ['tls', 'reset', 0],
  ] as const)('drop: %s, %s after %s bytes', async (port, how, afterBytes) => {
    const tls = { port: server.tlsPort!, ca: server.ca! };
    const dropped = await rawClient(server, port === 'tls' ? { tls } : {});
    server.fault(ids[0]!, { type: 'drop', how, afterBytes });
    const before = dropped.received.length;
    dropped.send(`BODY <${ids[0]}>\r\n`);
    await dropped.end();
    expect(dropped.received.length - before).toBe(afterBytes);
    if (port === 'plain') expect(dropped.broken).toBe(how === 'reset');
    await expect.poll(() => server.openConnections).toBe(1);
  });

  it('halfClose ends the sending side and goes on listening', async () => {
    server.fault(ids[0]!, { type: 'halfClose', afterBytes: 100 });
    const socket = client.socket;
    socket.allowHalfOpen = true;
    client.send(`BODY <${ids[0]}>\r\n`);
    await client.end();
    client.send('DATE\r\n');
    await expect.poll(() => server.log().at(-1)?.line).toBe('DATE');
    expect(server.openConnections).toBe(1);
    client.close();
    await expect.poll(() => server.openConnections).toBe(0);
  });

  it.each(['status', 'body'] as const)('endlessLine in the %s', async (where) => {
    server.fault(ids[0]!, { type: 'endlessLine', in: where, limitBytes: 1_000_000 });
    const before = client.received.length;
    client.send(`BODY <${ids[0]}>\r\n`);
    await client.until(() => client.received.length - before > 1_000_000);
    const text = client.received.toString('latin1', before);
    expect(text.replace(/^222 .*\r\n/, '')).toMatch(/^x+$/);
    expect(text.startsWith('222')).toBe(where === 'body');
    client.close();
    await expect.poll(() => server.openConnections).toBe(0);
  });
});

describe('choosing when', () => {
  it('shows commands to a script', async () => {
    const seen: FaultRequest[] = [];
    server.setFaults((request) => {
      seen.push(request);
      return request.verb === 'BODY' && request.attempt === 2 ? { type: 'reply', code: 502 } : undefined;
    });
    await client.ask('AUTHINFO USER alice');
    await client.ask('AUTHINFO PASS secret');
    await client.body(ids[0]!);
    expect(await client.ask(`BODY <${ids[0]}>`)).toMatch(/^502/);
    await client.body(ids[0]!);
    expect(seen.map(({ verb, attempt }) => [verb, attempt])).toEqual([
      ['AUTHINFO USER', 0],
      ['AUTHINFO PASS', 0],
      ['BODY', 1],
      ['BODY', 2],
      ['BODY', 3],
    ]);
    expect(seen[2]).toMatchObject({ id: ids[0], connection: 1, command: 3 });
    expect(JSON.stringify(seen)).not.toContain('secret');
  });

  it('lets a scripted 281 log in', async () => {
    server.setFaults(({ verb }) => (verb === 'AUTHINFO USER' ? { type: 'reply', code: 281 } : undefined));
    expect(await client.ask('AUTHINFO USER alice')).toMatch(/^281/);
    expect(await client.ask('AUTHINFO USER alice')).toMatch(/^281/);
    server.setFaults([]);
    expect(await client.ask('AUTHINFO USER alice')).toMatch(/^502/);
  });

  it('throws the same dice for the same seed', async () => {
    const run = async (seed: number): Promise<string> => {
      server.setFaults([{ type: 'missing', probability: 0.3, seed }]);
      const answers: string[] = [];
      for (let i = 0; i < 200; i++) answers.push((await client.ask(`STAT <${ids[0]}>`)).slice(0, 3));
      return answers.join();
    };
    const first = await run(1);
    expect(await run(1)).toBe(first);
    expect(await run(2)).not.toBe(first);
    const missing = first.split(',').filter((code) => code === '430').length;
    expect(missing).toBeGreaterThan(30);
    expect(missing).toBeLessThan(90);
  });

  it('prefers the newest rule, and takes it out again', async () => {
    server.setFaults([{ type: 'reply', code: 400 }]);
    const undo = server.fault(({ connection }) => connection === 1, { type: 'reply', code: 503, verbs: ['BODY'] });
    expect(await client.ask(`BODY <${ids[0]}>`)).toMatch(/^503/);
    expect(await client.ask(`ARTICLE <${ids[0]}>`)).toMatch(/^400/);
    undo();
    expect(await client.ask(`BODY <${ids[0]}>`)).toMatch(/^400/);
  });
});
