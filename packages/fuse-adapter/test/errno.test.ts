import { ArticleMissingError, errorCodes, FileNotFoundError, TimeoutError } from '@newsreel/core';
import { describe, expect, it } from 'vitest';
import { errnoName, errnoOf, errnoOfCode, Refusal } from '../src/errno.js';

describe('error numbers', () => {
  it('has an answer for every code', () => {
    expect(Object.keys(errnoOfCode).sort()).toEqual([...errorCodes].sort());
  });

  it.each<[unknown, string]>([
    [new FileNotFoundError({ path: '/a' }), 'ENOENT'],
    [new ArticleMissingError({ messageId: 'a@b', asked: [] }), 'EIO'],
    [new TimeoutError({ phase: 'body', afterMs: 1 }), 'ETIMEDOUT'],
    [new Refusal('EINTR'), 'EINTR'],
    [new Error('unforeseen'), 'EIO'],
    ['not even an error', 'EIO'],
    [undefined, 'EIO'],
  ])('%s is %s', (error, name) => {
    expect(errnoName(errnoOf(error))).toBe(name);
  });

  it('answers codes of a newer core', () => {
    const error = Object.assign(new FileNotFoundError({ path: '/a' }), { code: 'ERR_NEWER' });
    expect(errnoName(errnoOf(error))).toBe('EIO');
  });
});
