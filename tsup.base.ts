import { defineConfig, type Options } from 'tsup';

/** The one build recipe: packages pass entry names only. `NEWSREEL_JS_ONLY=1` leaves the type declarations out. */
export function recipe(entry: Record<string, string>, more: Options = {}): ReturnType<typeof defineConfig> {
  const jsOnly = process.env['NEWSREEL_JS_ONLY'] === '1';
  return defineConfig({
    entry,
    format: ['esm'],
    target: 'node20',
    platform: 'node',
    sourcemap: true,
    clean: !jsOnly,
    splitting: true,
    treeshake: true,
    dts: jsOnly ? false : { compilerOptions: { composite: false } },
    silent: true,
    ...more,
  });
}
