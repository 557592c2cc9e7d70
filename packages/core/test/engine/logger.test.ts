import { describe, expect, it, vi } from 'vitest';
import { consoleLogger, redactingLogger, silentLogger } from '../../src/engine/logger.js';

function recorder() {
  const lines: { fields: Record<string, unknown>; message: string }[] = [];
  const logger = {
    ...silentLogger,
    warn: (fields: object, message: string) => lines.push({ fields: { ...fields }, message }),
  };
  return { lines, logger };
}

describe('redactingLogger', () => {
  it('takes secrets out of fields, texts, nested objects and errors, and leaves the rest', () => {
    const { lines, logger } = recorder();
    const cause = new Error('server said: AUTHINFO PASS hunter2 is wrong');
    const error = Object.assign(new Error('login as hunter2 failed', { cause }), { password: 'x', provider: 'p' });
    redactingLogger(logger, ['hunter2']).warn(
      {
        password: 'a',
        provider: { username: 'b', port: 563, host: 'news.example.com' },
        list: ['hunter2', { Authorization: 'Basic YTpi' }],
        err: error,
        url: 'socks5://joe:secret@127.0.0.1:1080',
      },
      'hunter2 and Authorization: Basic YTpi',
    );
    const [line] = lines;
    expect(line?.message).toBe('[redacted] and Authorization: Basic [redacted]');
    expect(line?.fields['password']).toBe('[redacted]');
    expect(line?.fields['provider']).toEqual({ username: '[redacted]', port: 563, host: 'news.example.com' });
    expect(line?.fields['list']).toEqual(['[redacted]', { Authorization: '[redacted]' }]);
    expect(line?.fields['url']).toBe('socks5://[redacted]@127.0.0.1:1080');
    const logged = line?.fields['err'] as Error & { password: string; provider: string; cause: Error };
    expect(logged).toBeInstanceOf(Error);
    expect(logged.message).toBe('login as [redacted] failed');
    expect(logged.stack).not.toContain('hunter2');
    expect(logged.cause.message).toBe('server said: AUTHINFO PASS [redacted] is wrong');
    expect(logged).toMatchObject({ password: '[redacted]', provider: 'p' });
    // The error itself is still on its way to the caller.
    expect(error.message).toBe('login as hunter2 failed');
  });

  it('survives a logger that throws', () => {
    const boom = () => {
      throw new Error('boom');
    };
    redactingLogger({ debug: boom, info: boom, warn: boom, error: boom }).warn({}, 'x');
  });

  it('survives cycles and depth', () => {
    const { lines, logger } = recorder();
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    redactingLogger(logger).warn(loop, 'loop');
    expect(JSON.stringify(lines[0]?.fields)).toContain('[deep]');
  });
});

describe('consoleLogger', () => {
  it('writes from its level up', () => {
    const info = vi.spyOn(console, 'info').mockImplementation(() => {});
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const logger = consoleLogger({ level: 'warn' });
    logger.info({}, 'no');
    logger.warn({ a: 1 }, 'yes');
    expect(info).not.toHaveBeenCalled();
    expect(warn).toHaveBeenCalledExactlyOnceWith('warn yes', { a: 1 });
    info.mockRestore();
    warn.mockRestore();
  });
});
