import { describe, expect, it } from 'vitest';
import { commands } from '../../src/protocol/commands.js';

describe('commands', () => {
  it('puts message-ids into angle brackets', () => {
    expect(commands.body('part1of9.abc@news')).toBe('BODY <part1of9.abc@news>\r\n');
    expect(commands.stat('a@b')).toBe('STAT <a@b>\r\n');
  });

  it.each(['', 'a b@c', 'a@b\r\nQUIT', '<a@b>', 'é@b', 'a'.repeat(249), 'a\0@b'])('refuses the message-id %j', (id) => {
    for (const command of [commands.body, commands.article, commands.head, commands.stat])
      expect(() => command(id)).toThrow(RangeError);
  });

  it.each(['', 'two words', 'x\r\ny'])('refuses the group %j', (name) => {
    expect(() => commands.group(name)).toThrow(RangeError);
  });

  it('keeps a refused password out of the message', () => {
    expect(() => commands.password('hunter2\r\nQUIT')).toThrow(/^(?!.*hunter2)/);
    expect(commands.password('with blanks ü')).toBe('AUTHINFO PASS with blanks ü\r\n');
  });
});
