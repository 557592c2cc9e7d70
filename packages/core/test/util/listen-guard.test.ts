import { describe, expect, it } from 'vitest';
import { guardListen, isHostAllowed, isLoopback, isSameSecret } from '../../src/util/listen-guard.js';

describe('listen guard', () => {
  it.each(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '[::1]', 'localhost', 'dav.localhost'])(
    '%s is loopback',
    (host) => {
      expect(isLoopback(host)).toBe(true);
    },
  );
  it.each([
    '0.0.0.0',
    '::',
    '192.168.1.2',
    'example.com',
    '127.0.0.1.example.com',
    '::ffff:10.0.0.1',
    'localhost.example.com',
    '',
  ])('%s is not loopback', (host) => {
    expect(isLoopback(host)).toBe(false);
  });
  it('refuses a public address without authentication', () => {
    const listen = { host: '0.0.0.0', port: 1, authenticated: false, allowAnonymous: false };
    expect(() => guardListen(listen)).toThrow(/without authentication/);
    expect(() => guardListen({ ...listen, authenticated: true })).not.toThrow();
    expect(() => guardListen({ ...listen, allowAnonymous: true })).not.toThrow();
    expect(() => guardListen({ ...listen, host: '127.0.0.1' })).not.toThrow();
  });
  it('knows the Host headers a browser may send', () => {
    expect(isHostAllowed('localhost:8080')).toBe(true);
    expect(isHostAllowed('[::1]:8080')).toBe(true);
    expect(isHostAllowed('evil.example:8080')).toBe(false);
    expect(isHostAllowed('media.example', ['Media.Example'])).toBe(true);
    expect(isHostAllowed(undefined)).toBe(false);
    expect(isHostAllowed('localhost:8080:evil')).toBe(false);
    expect(isHostAllowed('192.168.1.5:8080')).toBe(true);
    expect(isHostAllowed('localhost.:80')).toBe(true);
    expect(isHostAllowed('')).toBe(false);
  });
  it('compares secrets', () => {
    expect(isSameSecret('s3cret', 's3cret')).toBe(true);
    expect(isSameSecret('s3cret', 's3cret ')).toBe(false);
    expect(isSameSecret('', 'x')).toBe(false);
  });
});
