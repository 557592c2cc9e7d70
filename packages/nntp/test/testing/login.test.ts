import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { type NewsServer, type NewsServerOptions, startNewsServer, testCertificates } from '../../src/testing.js';
import { type RawClient, rawClient } from './raw-client.js';

let server: NewsServer;
afterEach(() => server?.close());

async function serve(options: NewsServerOptions): Promise<string> {
  server = await startNewsServer(options);
  return (await server.post({ name: 'x', bytes: Buffer.alloc(100) })).segments[0]!.id;
}

async function logIn(client: RawClient, password = 'secret'): Promise<string> {
  const answer = await client.ask('AUTHINFO USER alice');
  return answer.startsWith('381') ? client.ask(`AUTHINFO PASS ${password}`) : answer;
}

describe('login', () => {
  it('is wanted before articles when there are users', async () => {
    const id = await serve({ users: { alice: 'secret' } });
    const client = await rawClient(server);
    expect(await client.ask(`BODY <${id}>`)).toMatch(/^480/);
    expect(await client.ask('GROUP alt.binaries.test')).toMatch(/^480/);
    expect(await client.ask('AUTHINFO PASS secret')).toMatch(/^482/);
    expect(await client.ask('AUTHINFO GENERIC x')).toMatch(/^501/);
    expect(await logIn(client, 'wrong')).toMatch(/^481/);
    expect(await client.ask('AUTHINFO PASS secret')).toMatch(/^482/);
    expect(await client.ask(`STAT <${id}>`)).toMatch(/^480/);
    expect(await logIn(client)).toMatch(/^281/);
    expect(await logIn(client)).toMatch(/^502/);
    expect(await client.ask(`STAT <${id}>`)).toMatch(/^223/);
    expect(server.counts()).toMatchObject({ loginAttempts: 2, logins: 1 });
    expect(server.log().map(({ line }) => line)).not.toContain('AUTHINFO PASS secret');
  });

  it('accepts passwords with spaces, and no user that an object happens to have', async () => {
    await serve({ users: { alice: 'two words' } });
    const client = await rawClient(server);
    expect(await client.ask('AUTHINFO USER constructor')).toMatch(/^381/);
    expect(await client.ask('AUTHINFO PASS x')).toMatch(/^481/);
    expect(await logIn(client, 'two words')).toMatch(/^281/);
  });

  it('is optional where asked, and open to all without users', async () => {
    const id = await serve({});
    const client = await rawClient(server);
    expect(await client.ask(`STAT <${id}>`)).toMatch(/^223/);
    expect(await logIn(client, 'anything')).toMatch(/^281/);
  });

  it('fails as often as told, with the answer told', async () => {
    await serve({ users: { alice: 'secret' }, authFailures: 2, authReply: { code: 502, text: 'Go away' } });
    const client = await rawClient(server);
    expect(await logIn(client)).toBe('502 Go away');
    expect(await logIn(client)).toBe('502 Go away');
    expect(await logIn(client)).toMatch(/^281/);
    server.setLimits({ authFailures: 1 });
    expect(await logIn(await rawClient(server))).toBe('502 Go away');
    expect(await logIn(await rawClient(server))).toMatch(/^281/);
  });
});

describe('too many connections', () => {
  it('are refused instead of being greeted, until one leaves', async () => {
    await serve({ maxConnections: 2 });
    const first = await rawClient(server);
    await rawClient(server);
    const third = await rawClient(server, { greeted: false });
    expect(await third.line()).toBe('502 Too many connections');
    await third.end();
    expect(server.counts()).toMatchObject({ connections: 3, refused: 1 });
    first.close();
    await expect.poll(() => server.openConnections).toBe(1);
    expect(await (await rawClient(server)).ask('DATE')).toMatch(/^111/);
    server.setLimits({ maxConnections: 1, refusal: { code: 400, text: 'Later' } });
    expect(await (await rawClient(server, { greeted: false })).line()).toBe('400 Later');
  });

  it('are refused at the password, per user', async () => {
    const refusal = { code: 481, text: 'Connection limit reached' };
    await serve({ users: { alice: 'secret', bob: 'hidden' }, maxConnections: 1, refuseAt: 'login', refusal });
    expect(await logIn(await rawClient(server))).toMatch(/^281/);
    const second = await rawClient(server);
    expect(await logIn(second)).toBe('481 Connection limit reached');
    await second.end();
    const bob = await rawClient(server);
    await bob.ask('AUTHINFO USER bob');
    expect(await bob.ask('AUTHINFO PASS hidden')).toMatch(/^281/);
  });
});

describe('TLS', () => {
  it('has a port of its own beside the plain one', async () => {
    const id = await serve({ tls: true, users: { alice: 'secret' } });
    const client = await rawClient(server, { tls: { port: server.tlsPort!, ca: server.ca! } });
    expect(await logIn(client)).toMatch(/^281/);
    expect((await client.body(id)).length).toBeGreaterThan(100);
    expect(await (await rawClient(server)).ask('STAT 1')).toMatch(/^480/);
    client.close();
    await expect.poll(() => server.openConnections).toBe(1);
  });

  it('upgrades a plain connection and forgets what came before', async () => {
    const id = await serve({ tls: 'starttls' });
    expect(server.tlsPort).toBeUndefined();
    const client = await rawClient(server);
    expect(await client.ask('CAPABILITIES')).toMatch(/^101/);
    expect((await client.block()).toString()).toContain('STARTTLS');
    expect(await client.ask('STARTTLS\r\nDATE')).toMatch(/^382/);
    await client.startTls(server.ca!);
    expect(await client.ask(`STAT <${id}>`)).toMatch(/^223/);
    expect(await client.ask('STARTTLS')).toMatch(/^502/);
    expect(await client.ask('CAPABILITIES')).toMatch(/^101/);
    expect((await client.block()).toString()).not.toContain('STARTTLS');
    expect((await client.body(id)).length).toBeGreaterThan(100);
    client.close();
    await expect.poll(() => server.openConnections).toBe(0);
  });

  it.each([
    ['another host', testCertificates.otherHost, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['the past', testCertificates.expired, 'CERT_HAS_EXPIRED'],
  ])('serves a certificate for %s to be rejected', async (_what, certificate, code) => {
    await serve({ tls: { ...certificate, ca: testCertificates.ca } });
    const { port, ca } = { port: server.tlsPort!, ca: server.ca! };
    await expect(rawClient(server, { tls: { port, ca } })).rejects.toMatchObject({ code });
    await expect.poll(() => server.openConnections).toBe(0);
  });

  it('is not trusted without its authority, and survives who does not speak it', async () => {
    await serve({ tls: true });
    const socket = connectTls({ host: server.host, port: server.tlsPort!, servername: 'localhost' });
    await expect(new Promise((_, reject) => socket.once('error', reject))).rejects.toMatchObject({
      code: expect.stringMatching(/SELF_SIGNED|UNABLE/),
    });
    const plain = await rawClient({ host: server.host, port: server.tlsPort! }, { greeted: false });
    plain.send('HELLO\r\n'.repeat(10));
    await plain.end();
    await expect.poll(() => server.openConnections).toBe(0);
  });
});

describe('options', () => {
  it('reports all that is wrong', async () => {
    const wrong = { prot: 119, rttMs: -1 } as NewsServerOptions;
    await expect(startNewsServer(wrong)).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
    server = await startNewsServer();
    expect(() => server.setLimits({ rttMs: -1 })).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
    await expect(startNewsServer({ port: server.port })).rejects.toMatchObject({ code: 'ERR_LISTEN' });
  });

  it('listens on IPv6 too', async () => {
    server = await startNewsServer({ host: '::1' });
    expect(await (await rawClient(server)).ask('DATE')).toMatch(/^111/);
  });

  it('greets with anything, or not at all', async () => {
    server = await startNewsServer({ greeting: 'SSH-2.0-OpenSSH_9.2' });
    expect(await (await rawClient(server, { greeted: false })).line()).toBe('SSH-2.0-OpenSSH_9.2');
    await server.close();
    server = await startNewsServer({ greeting: false });
    const client = await rawClient(server, { greeted: false });
    client.send('DATE\r\n');
    await expect.poll(() => server.log().length).toBe(1);
    expect(client.received.length).toBe(0);
  });
});
