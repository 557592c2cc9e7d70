import { describe, expect, it } from 'vitest';
import { stuckAfterMs } from '../../src/device/family.js';
import type { ReaderMessage } from '../../src/device/reader-port.js';
import { opcode } from '../../src/device/request-head.js';
import { RequestReader } from '../../src/device/request-reader.js';
import { RequestRing } from '../../src/device/request-ring.js';
import { sharedMemory } from '../../src/device/shared-memory.js';
import { Steering } from '../../src/device/steering.js';

const servingThread = 100;
const child = 200;
const stranger = 300;
const LOOKUP = 1;
const READ = 15;

interface Asked {
  readonly opcode: number;
  readonly thread?: number;
  readonly node?: number;
}

interface Answered {
  readonly unique: number;
  readonly error: number;
}

/** The kernel as the reader sees it, and a serving thread that takes what it is told of at once. */
class Bench {
  readonly memory = sharedMemory(4096);
  readonly server = new RequestRing(this.memory);
  readonly steering = new Steering(this.memory);
  readonly taken: number[] = [];
  readonly answers: Answered[] = [];
  readonly posted: ReaderMessage[] = [];
  /** Whether the serving thread does anything at all. */
  isStuck = false;
  #unique = 0;
  nowMs = 0;
  watched = 0;
  /** What the port holds while nobody listens. */
  #backlog: ReaderMessage[] = [];
  readonly #steps: (() => Uint8Array | Error)[] = [];
  readonly #scratch = new Uint8Array(4096);

  constructor() {
    this.server.sleep();
    this.steering.connect(3);
    this.asks({ opcode: opcode.INIT });
  }

  /** The next thing the kernel says. Returns its unique number. */
  asks({ opcode: code, thread = stranger, node = 1 }: Asked): number {
    const unique = ++this.#unique;
    const words = Int32Array.of(40, code, unique, 0, node, 0, 0, 0, thread, 0);
    this.#steps.push(() => new Uint8Array(words.buffer));
    return unique;
  }

  fails(code: string): void {
    this.#steps.push(() => Object.assign(new Error(code), { code }));
  }

  /** Something that happens while the last thing is being read. */
  meanwhile(what: () => void): void {
    const { length } = this.#steps;
    const last = this.#steps[length - 1]!;
    this.#steps[length - 1] = () => {
      const said = last();
      what();
      return said;
    };
  }

  run(): this {
    this.fails('ENODEV');
    const processes = {
      own: servingThread,
      isOwnThread: (thread: number) => thread === servingThread,
      parentOf: (thread: number) => (thread === child ? servingThread : 1),
    };
    new RequestReader(
      { memory: this.memory, servingThread },
      {
        read: (_fd, target) => {
          const said = this.#steps.shift()!();
          if (said instanceof Error) throw said;
          target.set(said);
          return said.length;
        },
        write: (_fd, reply) => {
          const words = new Int32Array(reply.slice().buffer);
          this.answers.push({ unique: words[2]!, error: words[1]! });
        },
        post: (message) => this.#hear(message),
        now: () => this.nowMs,
        watch: () => this.watched++,
        processes,
      },
    ).run();
    return this;
  }

  unstick(): void {
    this.isStuck = false;
    for (const message of this.#backlog.splice(0)) this.#listen(message);
  }

  #hear(message: ReaderMessage): void {
    this.posted.push(message);
    if (this.isStuck) this.#backlog.push(message);
    else this.#listen(message);
  }

  #listen(message: ReaderMessage): void {
    if (typeof message === 'string') return;
    this.drain();
    if (message === null) return;
    this.server.countTaken();
    this.taken.push(message[8]!);
  }

  drain(): void {
    do {
      const { written } = this.server;
      while (this.server.take(this.#scratch, written) > 0) this.taken.push(this.#scratch[8]!);
    } while (!this.server.sleep());
    this.steering.serve();
  }
}

describe('the reader', () => {
  it('hands over what strangers ask, in order, and ends with the connection', () => {
    const bench = new Bench();
    for (let count = 0; count < 200; count++) bench.asks({ opcode: LOOKUP });
    bench.run();
    expect(bench.taken).toEqual(Array.from({ length: 201 }, (_, index) => (index + 1) & 0xff));
    expect(bench.answers).toEqual([]);
    expect(bench.steering.hasEnded()).toBe(true);
  });

  it.each(['EINTR', 'ENOENT', 'EAGAIN'])('reads again after %s', (code) => {
    const bench = new Bench();
    bench.fails(code);
    const unique = bench.asks({ opcode: LOOKUP });
    expect(bench.run().taken).toEqual([1, unique]);
  });

  it('ends with the failure when reading fails otherwise', () => {
    const bench = new Bench();
    bench.fails('EIO');
    expect(() => bench.run()).toThrow('EIO');
    expect(bench.steering.hasEnded()).toBe(true);
  });

  it('loses nothing and keeps the order when the ring is full', () => {
    const bench = new Bench();
    bench.asks({ opcode: LOOKUP });
    bench.meanwhile(() => {
      bench.isStuck = true;
    });
    for (let count = 0; count < 150; count++) bench.asks({ opcode: LOOKUP });
    bench.meanwhile(() => bench.unstick());
    for (let count = 0; count < 100; count++) bench.asks({ opcode: LOOKUP });
    bench.run();
    expect(bench.posted.filter((message) => message instanceof Uint8Array).length).toBeGreaterThan(50);
    expect(bench.taken).toEqual(Array.from({ length: 252 }, (_, index) => (index + 1) & 0xff));
  });
});

describe('a call of the serving thread', () => {
  it('is answered with EDEADLK at once, and close with success', () => {
    const bench = new Bench();
    const refused = [LOOKUP, READ, opcode.OPEN, opcode.STATFS].map((code) =>
      bench.asks({ opcode: code, thread: servingThread }),
    );
    const flushed = bench.asks({ opcode: opcode.FLUSH, thread: servingThread });
    bench.run();
    expect(bench.answers).toEqual([
      ...refused.map((unique) => ({ unique, error: -35 })),
      { unique: flushed, error: 0 },
    ]);
    expect(bench.taken).toEqual([1]);
    expect(bench.posted.filter((message) => message === 'serving thread')).toHaveLength(4);
  });

  it.each(['FORGET', 'BATCH_FORGET', 'RELEASE', 'RELEASEDIR', 'INTERRUPT', 'DESTROY'] as const)(
    'does not wait for %s, which is served',
    (name) => {
      const bench = new Bench();
      const unique = bench.asks({ opcode: opcode[name], thread: servingThread });
      expect(bench.run().taken).toEqual([1, unique]);
      expect(bench.answers).toEqual([]);
    },
  );
});

describe('a call of a process we started', () => {
  it('is served while the serving thread takes it, and watched from the first on', () => {
    const bench = new Bench();
    const served = [1, 2, 3].map(() => bench.asks({ opcode: LOOKUP, thread: child }));
    bench.meanwhile(() => {
      bench.nowMs += 60_000; // taken long ago
    });
    const statfs = bench.asks({ opcode: opcode.STATFS, thread: child });
    expect(bench.run().taken).toEqual([1, ...served, statfs]);
    expect(bench.answers).toEqual([]);
    expect(bench.watched).toBe(1);
    expect(bench.posted.filter((message) => message === 'family')).toHaveLength(1);
  });

  it('starts no watch for strangers', () => {
    const bench = new Bench();
    bench.asks({ opcode: LOOKUP });
    expect(bench.run().watched).toBe(0);
  });

  it('is answered with EDEADLK when it was left lying for five seconds; those of strangers wait on', () => {
    const bench = new Bench();
    const foreign = bench.asks({ opcode: LOOKUP });
    bench.meanwhile(() => {
      bench.isStuck = true;
    });
    const early = [LOOKUP, READ].map((code) => bench.asks({ opcode: code, thread: child }));
    const silent = bench.asks({ opcode: opcode.FORGET, thread: child });
    bench.meanwhile(() => {
      bench.nowMs += 2_000;
    });
    const knocks = [2_000, 1_000].map((laterMs) => {
      const knock = bench.asks({ opcode: opcode.STATFS, thread: child });
      bench.meanwhile(() => {
        expect(bench.answers.filter(({ unique }) => early.includes(unique))).toEqual([]);
        bench.nowMs += laterMs;
      });
      return knock;
    });
    bench.run();
    expect(stuckAfterMs).toBe(5_000);
    expect(bench.answers).toEqual([...knocks, ...early].map((unique) => ({ unique, error: -35 })));
    expect(bench.posted).toContain('own process');
    // They are still there to be taken, the replies will find nobody. Knocks were never meant to be.
    bench.drain();
    expect(bench.taken).toEqual([1, foreign, ...early, silent]);
  });

  it('is answered soon when the serving thread was found stuck before, unless it has come back', () => {
    const bench = new Bench();
    bench.asks({ opcode: LOOKUP });
    bench.meanwhile(() => {
      bench.isStuck = true;
    });
    const first = bench.asks({ opcode: LOOKUP, thread: child });
    bench.asks({ opcode: LOOKUP });
    bench.meanwhile(() => {
      bench.nowMs += stuckAfterMs;
    });
    const second = bench.asks({ opcode: READ, thread: child });
    bench.asks({ opcode: LOOKUP });
    bench.meanwhile(() => bench.unstick());
    const third = bench.asks({ opcode: READ, thread: child });
    bench.run();
    expect(bench.answers).toEqual([first, second].map((unique) => ({ unique, error: -35 })));
    expect(bench.taken).toContain(third);
  });
});

describe('a reader that is to leave', () => {
  it('turns away whoever comes first, and goes at the knock', () => {
    const bench = new Bench();
    bench.asks({ opcode: LOOKUP });
    bench.meanwhile(() => expect(bench.steering.leave()).toBe(true));
    const late = bench.asks({ opcode: READ });
    bench.asks({ opcode: opcode.FORGET });
    const foreign = bench.asks({ opcode: opcode.STATFS });
    const knock = bench.asks({ opcode: opcode.STATFS, thread: servingThread });
    const after = bench.asks({ opcode: LOOKUP });
    bench.run();
    expect(bench.answers.map(({ unique }) => unique)).toEqual([2, late, foreign, knock]);
    expect(bench.answers.every(({ error }) => error === -107)).toBe(true);
    expect(after).toBe(7);
    expect(bench.steering.hasEnded()).toBe(true);
  });

  it('goes at the answer to a notice, too', () => {
    const bench = new Bench();
    bench.asks({ opcode: opcode.NOTIFY_REPLY }); // of nobody's asking
    const served = bench.asks({ opcode: opcode.OPEN, node: 77 });
    bench.asks({ opcode: opcode.NOTIFY_REPLY });
    bench.meanwhile(() => void bench.steering.leave());
    bench.asks({ opcode: LOOKUP });
    bench.run();
    expect(bench.taken).toEqual([1, served]);
    expect(bench.steering.opened).toEqual({ low: 77, high: 0 });
    expect(bench.answers).toEqual([]);
  });
});
