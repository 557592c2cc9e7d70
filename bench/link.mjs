// A process that does what its parent asks for over IPC.
import { once } from 'node:events';

/** Requests to a child process, and its answers. The child ends when the link is closed, as it does with its parent. */
export class Link {
  #child;
  #calls = new Map();
  #next = 0;

  /** @param name what to call the child when it ends unasked */
  constructor(child, name) {
    this.#child = child;
    child.on('message', ({ call, result, error }) => {
      const waiting = this.#calls.get(call);
      this.#calls.delete(call);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(error));
    });
    child.on('exit', (code) => {
      for (const { reject } of this.#calls.values()) reject(new Error(`${name} ended with ${code}`));
    });
  }

  /** Asks for something by name. @throws Error with what the child says went wrong */
  call(name, ...args) {
    const call = this.#next++;
    return new Promise((resolve, reject) => {
      this.#calls.set(call, { resolve, reject });
      this.#child.send({ call, name, args }, (error) => error && reject(error));
    });
  }

  /** Resolves when the child has ended. */
  async close() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.disconnect();
    await gone;
  }
}

/** The child's end: answers with what the functions return. `end` is called when the parent wants no more, or is gone. */
export function answerCalls(calls, end) {
  process.on('message', async ({ call, name, args }) => {
    try {
      process.send({ call, result: await calls[name](...args) });
    } catch (error) {
      process.send({ call, error: error?.stack ?? String(error) });
    }
  });
  process.on('disconnect', async () => {
    await end();
    process.exit(0);
  });
}
