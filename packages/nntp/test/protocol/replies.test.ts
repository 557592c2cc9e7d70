import { describe, expect, it } from 'vitest';
import { meaningOf, type ReplyContext, type ReplyMeaning, replyError } from '../../src/replies.js';

describe('the meaning of replies', () => {
  it.each<[ReplyContext, number, string, ReplyMeaning]>([
    ['session', 222, 'body follows', 'ok'],
    ['session', 430, 'No such article', 'missing'],
    ['session', 423, 'no such number', 'missing'],
    ['session', 451, 'taken down', 'missing'],
    ['session', 430, 'too many connections', 'missing'],
    ['session', 480, 'Authentication required', 'login'],
    ['session', 412, 'no group', 'group'],
    ['session', 400, 'idle timeout', 'closing'],
    ['session', 500, 'What?', 'unsupported'],
    ['session', 503, 'not here', 'unsupported'],
    ['session', 502, 'Download limit exceeded', 'unavailable'],
    ['session', 502, 'Too many connections for this user', 'limit'],
    ['greeting', 502, 'Too many connections', 'limit'],
    ['greeting', 400, 'load too high', 'busy'],
    ['greeting', 502, 'permission denied', 'busy'],
    ['login', 481, 'wrong password', 'auth'],
    ['login', 482, 'Maximum number of connections exceeded', 'limit'],
    ['login', 481, 'max simultaneous connections per user reached', 'limit'],
    ['login', 502, 'connection limit reached', 'limit'],
    ['login', 502, 'Authentication Failed', 'auth'],
    ['login', 502, 'try later', 'busy'],
    ['login', 502, 'Exceeded your download quota', 'busy'],
    ['login', 483, 'encryption required', 'encrypt'],
    ['login', 500, 'What?', 'mode-reader'],
    ['session', 599, 'never heard of', 'unavailable'],
  ])('%s: %i %s is %s', (context, code, text, meaning) => {
    expect(meaningOf(context, { code, text })).toBe(meaning);
  });

  it('turns into the errors of the core', () => {
    const reply = { code: 430, text: 'no' };
    const subject = { provider: 'p', id: 'a@b' };
    expect(replyError('missing', reply, subject)).toMatchObject({
      code: 'ERR_ARTICLE_MISSING',
      messageId: 'a@b',
      asked: ['p'],
    });
    expect(replyError('auth', reply, subject)).toMatchObject({ code: 'ERR_PROVIDER_AUTH' });
    expect(replyError('limit', reply, subject)).toMatchObject({ code: 'ERR_PROVIDER_UNAVAILABLE', reply: '430 no' });
  });

  it('shows no control characters of a server to people', () => {
    const error = replyError('unavailable', { code: 502, text: `a\x1b[31m\x07${'b'.repeat(500)}` }, { provider: 'p' });
    expect([...error.message].every((character) => character >= ' ')).toBe(true);
    expect(error.message.length).toBeLessThan(300);
  });
});
