import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Starts the simulator process and resolves to where it listens and what it hosts. */
export async function simulate(options, files) {
  const child = fork(fileURLToPath(new URL('simulator.mjs', import.meta.url)), [JSON.stringify({ options, files })]);
  const [ready] = await once(child, 'message');
  return {
    ...ready,
    async close() {
      const gone = once(child, 'exit');
      child.send('close');
      await gone;
    },
  };
}
