import { inspect } from 'node:util';
import type { ConfigInvalidError } from '@newsreel/core';
import { describe, expect, it } from 'vitest';
import { type NntpOptions, nntp } from '../../src/index.js';
import { resolveNntpOptions } from '../../src/resolve-options.js';

const issuesOf = (options: unknown): string[] => {
  try {
    nntp(options as NntpOptions);
  } catch (error) {
    return (error as ConfigInvalidError).issues.map((issue) => `${issue.path}: ${issue.message}`);
  }
  return [];
};

describe('options', () => {
  it('need a host only', () => {
    expect(resolveNntpOptions({ host: 'news.example.com' })).toMatchObject({
      ...{ name: 'news.example.com', port: 563, encryption: 'implicit', connections: 10, depth: 10, statDepth: 50 },
      ...{ priority: 0, idleTimeoutMs: 120_000, drainBytes: 1_048_576, login: false },
      deadlines: { connectMs: 10_000, firstByteMs: 10_000, bodyMs: 120_000 },
    });
  });

  it.each<[Partial<NntpOptions>, object]>([
    [{ tls: false }, { port: 119, encryption: 'none' }],
    [{ tls: 'starttls' }, { port: 119, encryption: 'starttls' }],
    [{ tls: { starttls: true, servername: 'x' } }, { port: 119, encryption: 'starttls', tls: { servername: 'x' } }],
    [
      { tls: { ca: 'PEM' }, port: 443 },
      { port: 443, encryption: 'implicit' },
    ],
    [{ tier: 'backup' }, { priority: 10 }],
    [{ tier: 'primary' }, { priority: 0 }],
    [{ deadlines: { bodyMs: 5 } }, { deadlines: { bodyMs: 5, loginMs: 10_000 } }],
    [{ socks: 'socks5://b%40b:p@[::1]:99' }, { socks: { host: '::1', port: 99, username: 'b@b', password: 'p' } }],
    [{ socks: 'socks5://proxy' }, { socks: { host: 'proxy', port: 1080 } }],
  ])('%o gives %o', (options, resolved) => {
    expect(resolveNntpOptions({ host: 'a', ...options })).toMatchObject(resolved);
  });

  it('say everything that is wrong with them, not just the first thing', () => {
    const issues = issuesOf({ host: 'a b', conections: 5, connections: 0, depth: 1.5, socks: 5 });
    expect(issues.join('\n')).toMatch(/host: must be a host name/);
    expect(issues.join('\n')).toMatch(/Unrecognized key: "conections"/);
    expect(issues.join('\n')).toMatch(/connections: /);
    expect(issues.join('\n')).toMatch(/depth: /);
    expect(issues.join('\n')).toMatch(/socks/);
  });

  it.each<[Partial<NntpOptions>, RegExp]>([
    [{ username: 'a' }, /password: is needed/],
    [{ password: 'a' }, /username: is needed/],
    [{ tier: 'backup', priority: 3 }, /tier/],
    [{ warmConnections: 11 }, /warmConnections/],
    [{ socks: 'http://proxy' }, /socks: must look like/],
    [{ username: 'a\nb', password: 'x' }, /line breaks/],
    [{ group: 'two words' }, /group/],
  ])('%o contradicts itself', (options, message) => {
    expect(issuesOf({ host: 'a', ...options }).join('\n')).toMatch(message);
  });

  it('are frozen, and keep the password to themselves', async () => {
    const options = resolveNntpOptions({
      ...{ host: 'a', username: 'alice', password: 'hunter2', socks: 'socks5://bob:hunter3@proxy' },
    });
    expect(Object.isFrozen(options)).toBe(true);
    expect(JSON.stringify(options) + inspect(options, { depth: 9 })).not.toMatch(/hunter|alice|bob/);
    expect(await options.credentials()).toEqual({ username: 'alice', password: 'hunter2' });
    expect(issuesOf({ host: 'a', username: 'alice', password: 'hunter2\n' }).join()).not.toContain('hunter2');
  });

  it('do no I/O', () => {
    expect(typeof nntp({ host: 'no-such-host.invalid' })).toBe('function');
  });
});
