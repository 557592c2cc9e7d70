import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Where to leave a machine-readable report besides the one on the screen. */
const report = process.env['NEWSREEL_TEST_REPORT'];
const conditions = ['newsreel-source', 'module', 'node', 'development|production'];

/** Tests against real peers. One file at a time: they share two cores with the programs they talk to. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    name: 'system',
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    include: ['**/*.test.ts'],
    globalSetup: ['build-packages.ts'],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
});
