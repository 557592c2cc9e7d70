import { describe, expect, it } from 'vitest';
import { sharedMemory } from '../../src/device/shared-memory.js';
import { Steering } from '../../src/device/steering.js';

function ends() {
  const memory = sharedMemory(4096);
  return { reader: new Steering(memory), server: new Steering(memory) };
}

describe('leaving', () => {
  it('needs no knock before the reader reads on', () => {
    const unconnected = ends();
    expect(unconnected.server.leave()).toBe(false);
    expect(unconnected.reader.awaitConnection()).toBeUndefined();

    const unanswered = ends();
    unanswered.server.connect(0);
    expect(unanswered.reader.awaitConnection()).toBe(0);
    expect(unanswered.reader.awaitAnswer(1)).toBe(false);
    expect(unanswered.server.leave()).toBe(false);
    expect(unanswered.reader.awaitAnswer(1_000)).toBe(true);
    expect(unanswered.reader.beginReading()).toBe(false);

    const answered = ends();
    answered.server.serve();
    expect(answered.server.leave()).toBe(false);
    expect(answered.reader.beginReading()).toBe(false);
  });

  it('needs a knock when the reader may be asleep in the kernel, once', () => {
    const { reader, server } = ends();
    server.serve();
    expect(reader.beginReading()).toBe(true);
    expect(reader.isLeaving).toBe(false);
    expect([server.leave(), server.leave()]).toEqual([true, false]);
    expect(reader.isLeaving).toBe(true);
    expect(server.hasEnded(1)).toBe(false);
    reader.end();
    expect(server.hasEnded(1_000)).toBe(true);
  });

  it('needs none once the reader has ended by itself', () => {
    const { reader, server } = ends();
    server.serve();
    reader.beginReading();
    reader.end();
    expect(server.leave()).toBe(false);
    expect(server.hasEnded()).toBe(true);
  });

  it('is not undone by an answer that comes late', () => {
    const { reader, server } = ends();
    server.leave();
    server.serve();
    expect(reader.beginReading()).toBe(false);
    expect(reader.isLeaving).toBe(true);
  });
});

describe('what the threads tell each other', () => {
  it('is which file was opened last, and that the serving thread lives', () => {
    const { reader, server } = ends();
    expect(server.opened).toEqual({ low: 0, high: 0 });
    reader.noteOpened({ low: 7, high: 1 });
    expect(server.opened).toEqual({ low: 7, high: 1 });
    const { beats } = reader;
    server.beat();
    expect(reader.beats).toBe(beats + 1);
  });
});
