import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Calls the default export of a module of this folder with `input` in a fresh process; resolves to its result. */
export function inChild(module, input) {
  const at = (name) => fileURLToPath(new URL(name, import.meta.url));
  const child = fork(at('child.mjs'), [at(module), JSON.stringify(input)]);
  return new Promise((resolve, reject) => {
    child.on('message', resolve);
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`${module} ended with ${code} and no result`)));
  });
}
