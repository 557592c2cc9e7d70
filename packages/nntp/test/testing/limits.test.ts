import { afterEach, describe, expect, it } from 'vitest';
import { type NewsServer, type NewsServerOptions, type PostedFile, startNewsServer } from '../../src/testing.js';
import { decodeBody } from './decode.js';
import { rawClient } from './raw-client.js';

let server: NewsServer;
let file: PostedFile;
let ids: string[];
afterEach(() => server?.close());

async function serve(options: NewsServerOptions, size = 400_000): Promise<void> {
  server = await startNewsServer(options);
  file = await server.post({ name: 'f.bin', bytes: { size, seed: 1 }, partBytes: size / 4 });
  ids = file.segments.map(({ id }) => id);
}

/** Milliseconds that something takes. Lower bounds only: a busy machine is slow, never fast. */
async function elapsedMs(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

async function readAll(): Promise<void> {
  const client = await rawClient(server);
  for (const { id, range } of file.segments) {
    expect(decodeBody(await client.body(id)).bytes.equals(file.read(range))).toBe(true);
  }
  client.close();
}

describe('round trips', () => {
  it('delay every answer', async () => {
    await serve({ rttMs: 20 });
    const client = await rawClient(server);
    const took = await elapsedMs(async () => {
      for (const id of ids) expect(await client.ask(`STAT <${id}>`)).toMatch(/^223/);
    });
    expect(took).toBeGreaterThan(4 * 20 - 4);
  });

  it('overlap for commands sent ahead', async () => {
    await serve({ rttMs: 200 });
    const client = await rawClient(server);
    const took = await elapsedMs(async () => {
      client.send(`STAT <${ids[0]}>\r\n`.repeat(50));
      for (let i = 0; i < 50; i++) expect(await client.line()).toMatch(/^223/);
    });
    expect(took).toBeGreaterThan(195);
    expect(took).toBeLessThan(50 * 200);
    expect(server.counts().peakPipeline).toBe(50);
  });

  it('delay the greeting, with what a handshake would add', async () => {
    await serve({ rttMs: 20, connectDelayMs: 40 });
    expect(await elapsedMs(() => rawClient(server))).toBeGreaterThan(58);
  });

  it('can change while the server runs', async () => {
    await serve({});
    const client = await rawClient(server);
    server.setLimits({ rttMs: 50 });
    expect(await elapsedMs(() => client.ask('DATE'))).toBeGreaterThan(48);
  });
});

describe('bandwidth', () => {
  it('is kept per connection', async () => {
    await serve({ bytesPerSecondPerConnection: 4_000_000 });
    expect(await elapsedMs(readAll)).toBeGreaterThan(75);
    expect(await elapsedMs(() => Promise.all([readAll(), readAll(), readAll()]))).toBeGreaterThan(75);
  });

  it('is kept for all connections together', async () => {
    await serve({ bytesPerSecond: 4_000_000 });
    expect(await elapsedMs(() => Promise.all([readAll(), readAll(), readAll()]))).toBeGreaterThan(270);
  });

  it('is shared fairly', async () => {
    await serve({ bytesPerSecond: 4_000_000 }, 4_000_000);
    const clients = await Promise.all([rawClient(server), rawClient(server), rawClient(server)]);
    for (const client of clients) client.send(`BODY <${ids[0]}>\r\n`);
    await Promise.race(clients.map((client) => client.block()));
    const received = clients.map((client) => client.received.length);
    expect(Math.min(...received)).toBeGreaterThan(Math.max(...received) / 2);
  });

  it('does not let a client that reads nothing hold up the others', async () => {
    await serve({ bytesPerSecond: 400_000_000 }, 40_000_000);
    const lazy = await rawClient(server);
    lazy.socket.pause();
    lazy.send(ids.map((id) => `BODY <${id}>\r\n`).join(''));
    const client = await rawClient(server);
    expect((await client.body(ids[0]!)).length).toBeGreaterThan(10_000_000);
    expect(server.counts().bytesSent).toBeLessThan(40_000_000);
  });

  it('can be lifted in the middle of an article', async () => {
    await serve({ bytesPerSecondPerConnection: 1000 });
    const client = await rawClient(server);
    const body = client.body(ids[0]!);
    await client.until(() => client.received.length > 100);
    server.setLimits({ bytesPerSecondPerConnection: Number.POSITIVE_INFINITY });
    expect(decodeBody(await body).bytes.length).toBe(100_000);
  });
});

describe('the end of connections', () => {
  it('comes after so many commands', async () => {
    await serve({ closeAfterCommands: 2 });
    const client = await rawClient(server);
    client.send('DATE\r\nDATE\r\nDATE\r\n');
    await client.end();
    expect(client.received.toString().match(/^111/gm)?.length).toBe(2);
  });

  it('comes after silence', async () => {
    await serve({ idleTimeoutMs: 30 });
    const client = await rawClient(server);
    expect(await elapsedMs(() => client.end())).toBeGreaterThan(25);
    await expect.poll(() => server.openConnections).toBe(0);
  });

  it('comes for all at once when told', async () => {
    await serve({});
    const clients = await Promise.all([rawClient(server), rawClient(server)]);
    server.disconnectAll();
    await Promise.all(clients.map((client) => client.end()));
    expect(await (await rawClient(server)).ask('DATE')).toMatch(/^111/);
  });

  it('comes with the end of the server, whatever is going on', async () => {
    await serve({ tls: true, rttMs: 1000, bytesPerSecond: 1000 });
    server.fault(ids[0]!, { type: 'stall' });
    server.setLimits({ rttMs: 0 });
    const tls = { port: server.tlsPort!, ca: server.ca! };
    const clients = await Promise.all([rawClient(server), rawClient(server, { tls }), rawClient(server)]);
    clients[0]!.send(`BODY <${ids[0]}>\r\n`);
    clients[1]!.send(`BODY <${ids[1]}>\r\n`);
    await expect.poll(() => server.counts().commands['BODY']).toBe(2);
    await server.close();
    await server.close();
    await Promise.all(clients.map((client) => client.end()));
    expect(server.openConnections).toBe(0);
    await expect(rawClient(server)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('pipelining', () => {
  it('can be something the server does not do', async () => {
    await serve({ pipelining: false });
    const client = await rawClient(server);
    client.send(`DATE\r\nSTAT <${ids[0]}>\r\n`);
    expect(await client.line()).toMatch(/^111/);
    expect(await client.ask('HELP')).toMatch(/^100/);
    await client.block();
    expect(await client.ask(`STAT <${ids[0]}>`)).toMatch(/^223/);
  });

  it('can be something the server gets wrong', async () => {
    await serve({ pipelining: 'bad' });
    const client = await rawClient(server);
    client.send(ids.map((id) => `STAT <${id}>\r\n`).join(''));
    expect(await client.line()).toBe(`223 0 <${ids[3]}>`);
    expect(await client.line()).toBe(`223 0 <${ids[2]}>`);
  });
});

describe('line ends', () => {
  it('can be bare', async () => {
    await serve({ lineEnding: 'lf' });
    const client = await rawClient(server, { greeted: false });
    client.send(`BODY <${ids[0]}>\r\n`);
    await client.until(() => client.received.toString('latin1').endsWith('\n.\n'));
    expect(client.received.includes('\r')).toBe(false);
  });
});

describe('counts and log', () => {
  it('tell what happened, and start anew', async () => {
    await serve({ logLimit: 3 });
    const client = await rawClient(server);
    for (const id of [ids[0]!, ids[1]!, ids[0]!]) await client.body(id);
    await client.ask('STAT <no@where>');
    const counts = server.counts();
    expect(counts).toMatchObject({ connections: 1, bodies: 3, duplicates: 1, missing: 1, peakConnections: 1 });
    expect(counts.commands).toEqual({ BODY: 3, STAT: 1 });
    expect([counts.bodyById(ids[0]!), counts.bodyById(ids[1]!), counts.bodyById(ids[2]!)]).toEqual([2, 1, 0]);
    expect([counts.delivered.get(ids[0]!), counts.delivered.get(ids[1]!)]).toEqual([2, 1]);
    expect(counts.bytesSent).toBe(client.received.length);
    expect(server.log().map(({ line }) => line)).toEqual([`BODY <${ids[1]}>`, `BODY <${ids[0]}>`, 'STAT <no@where>']);
    server.resetCounts();
    expect(server.counts()).toMatchObject({ connections: 0, bodies: 0, duplicates: 0, bytesSent: 0, commands: {} });
    expect(server.log()).toEqual([]);
    await client.body(ids[0]!);
    expect(server.counts()).toMatchObject({ bodies: 1, duplicates: 0 });
    expect(counts.bodies).toBe(3);
  });
});
