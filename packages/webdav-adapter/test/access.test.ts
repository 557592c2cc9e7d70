import { inspect } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import type { WebdavOptions, WebdavRequest } from '../src/index.js';
import { raw, serve, until } from './support.js';

const files = { '/a.txt': 'a', '/b/c.txt': 'c' };
const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
const get = (url: string, authorization?: string) =>
  fetch(url, { headers: authorization === undefined ? {} : { Authorization: authorization } });

describe('Basic authentication', () => {
  it('lets in one user, and nobody else', async () => {
    const { url } = await serve(files, { username: 'ann', password: 'pässwörd: 1', realm: 'My "own" films' });
    const challenge = await get(`${url}/a.txt`);
    expect(challenge.status).toBe(401);
    expect(challenge.headers.get('www-authenticate')).toBe('Basic realm="My \\"own\\" films", charset="UTF-8"');
    expect((await get(`${url}/a.txt`, basic('ann', 'pässwörd: 1'))).status).toBe(200);
    expect((await get(`${url}/a.txt`, basic('ann', 'pässwörd: 1').replace('Basic', 'bAsIc'))).status).toBe(200);
    for (const wrong of [
      basic('ann', 'password'),
      basic('Ann', 'pässwörd: 1'),
      basic('', ''),
      basic('ann', ''),
      basic('ann', 'pässwörd: 1 '),
      'Basic',
      'Basic !!!',
      `Basic ${Buffer.from('ann').toString('base64')}`,
      'Bearer x',
      `${basic('ann', 'pässwörd: 1')}, x`,
    ]) {
      expect((await get(`${url}/a.txt`, wrong)).status).toBe(401);
    }
  });

  it('protects every verb and every path alike, so that nothing can be guessed', async () => {
    const { url, catalog } = await serve(files, { username: 'ann', password: 'x' });
    for (const method of ['OPTIONS', 'GET', 'HEAD', 'PROPFIND', 'PUT', 'DELETE']) {
      for (const path of ['/', '/a.txt', '/nothing', '/%zz']) {
        expect((await fetch(`${url}${path}`, { method })).status).toBe(401);
      }
    }
    expect(catalog.opened).toBe(0);
  });

  it('asks the app about several users', async () => {
    const authenticate = vi.fn(async (user: string, password: string) => user === 'bob' && password === 'b:c');
    const { url } = await serve(files, { authenticate });
    expect((await get(`${url}/a.txt`, basic('bob', 'b:c'))).status).toBe(200);
    expect((await get(`${url}/a.txt`, basic('eve', 'b:c'))).status).toBe(401);
    expect((await get(`${url}/a.txt`)).status).toBe(401);
    expect(authenticate).toHaveBeenCalledTimes(2);
  });

  it('takes only true for yes, and a failure for no answer', async () => {
    const yes = 'yes' as unknown as boolean;
    const { url } = await serve(files, { authenticate: () => yes });
    expect((await get(`${url}/a.txt`, basic('a', 'b'))).status).toBe(401);
    const failing = await serve(files, { authenticate: () => Promise.reject(new Error('database password is 123')) });
    const response = await get(`${failing.url}/a.txt`, basic('a', 'b'));
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('123');
    const throwing = await serve(files, {
      authenticate: () => {
        throw new Error('at once');
      },
    });
    expect((await get(`${throwing.url}/a.txt`, basic('a', 'b'))).status).toBe(500);
  });

  it('tells the app when the client leaves while it decides', async () => {
    let signal: AbortSignal | undefined;
    const { url } = await serve(files, {
      authenticate: (_user, _password, options) => {
        signal = options.signal;
        return new Promise(() => {});
      },
    });
    const controller = new AbortController();
    const request = fetch(url, { headers: { Authorization: basic('a', 'b') }, signal: controller.signal });
    await until('the app is asked', () => signal !== undefined);
    controller.abort();
    await expect(request).rejects.toThrow();
    await until('told', () => signal!.aborted);
  });

  it('keeps the password out of everything that can be printed', async () => {
    const { adapter, log } = await serve(files, { username: 'ann', password: 'correct horse' });
    expect(inspect(adapter, { depth: 9, showHidden: true, getters: true })).not.toContain('correct horse');
    expect(JSON.stringify([adapter, log])).not.toContain('correct horse');
  });
});

describe('authorize', () => {
  it('is told of clients that leave, not of those that were served', async () => {
    let signal: AbortSignal | undefined;
    const { url, adapter } = await serve(files, {
      authorize: (request) => {
        signal = request.signal;
        return true;
      },
    });
    expect(await (await fetch(`${url}/a.txt`)).text()).toBe('a');
    await adapter.close();
    expect(signal!.aborted).toBe(false);
  });

  it('sees the request and has the last word', async () => {
    const seen: WebdavRequest[] = [];
    const { url } = await serve(files, {
      username: 'ann',
      password: 'x',
      authorize: (request) => {
        seen.push(request);
        return request.path.startsWith('/b') && request.headers.get('cookie') === 'session=1';
      },
    });
    const headers = { Authorization: basic('ann', 'x'), Cookie: 'session=1' };
    expect((await fetch(`${url}/b/c%2Etxt`, { headers })).status).toBe(200);
    expect((await fetch(`${url}/a.txt`, { headers })).status).toBe(403);
    expect((await fetch(`${url}/b/c.txt`)).status).toBe(401);
    expect(seen.map(({ method, path, user }) => [method, path, user])).toEqual([
      ['GET', '/b/c.txt', 'ann'],
      ['GET', '/a.txt', 'ann'],
    ]);
  });
});

describe('the Host header', () => {
  const status = async (port: number, host: string) =>
    (await raw(port, `GET /a.txt HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).status;

  it.each([
    ['localhost', 200],
    ['LOCALHOST:8080', 200],
    ['films.localhost', 200],
    ['127.0.0.1:1', 200],
    ['127.9.9.9', 200],
    ['[::1]:8080', 200],
    ['nas.example', 200],
    ['Nas.Example.:8080', 200],
    ['evil.example', 421],
    ['evil.example:8080', 421],
    ['localhost.evil.example', 421],
    ['127.0.0.1.evil.example', 421],
    ['nas.example.evil', 421],
    ['[::1].evil.example', 421],
  ])('%s on an anonymous server: %d', async (host, expected) => {
    const { port } = await serve(files, { allowedHosts: ['NAS.example'] });
    expect(await status(port, host)).toBe(expected);
  });

  it('does not matter where one has to log in', async () => {
    const { port } = await serve(files, { username: 'a', password: 'b' });
    expect(await status(port, 'films.example')).toBe(401);
  });

  it('matters for mounted handlers only when names are given', async () => {
    const ask = async (options: WebdavOptions) => {
      const { adapter } = await serve(files, options);
      const headers = { Host: 'films.example' };
      return (await adapter.fetch(new Request('http://x/a.txt', { method: 'HEAD', headers }))).status;
    };
    expect(await ask({})).toBe(200);
    expect(await ask({ allowedHosts: ['nas.example'] })).toBe(421);
    expect(await ask({ allowedHosts: ['films.example'] })).toBe(200);
  });
});
