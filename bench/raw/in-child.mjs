import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Calls the default export of a module of this folder with `input` in a fresh process; resolves to its result. */
export async function inChild(module, input) {
  const at = (name) => fileURLToPath(new URL(name, import.meta.url));
  const child = fork(at('child.mjs'), [at(module)], { serialization: 'advanced' });
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`${module} ended with ${code} and no result`);
  });
  // Whoever comes later in the race below has nobody left to listen.
  failed.catch(() => {});
  await Promise.race([once(child, 'message'), failed]);
  child.send(input);
  const [result] = await Promise.race([once(child, 'message'), failed]);
  return result;
}
