/**
 * Where a worker's file is: beside this one when built. Node cannot run a worker from TypeScript sources, so these use
 * the built one (`npm run build:js`; the tests build it themselves).
 */
export function workerUrl(name: string): URL {
  const built = !import.meta.url.endsWith('.ts');
  return new URL(`${built ? './' : '../../dist/'}${name}.js`, import.meta.url);
}
