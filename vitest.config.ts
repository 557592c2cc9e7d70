import { defineConfig } from 'vitest/config';

/** Where to leave a machine-readable report besides the one on the screen. */
const report = process.env['NEWSREEL_TEST_REPORT'];
const conditions = ['newsreel-source', 'module', 'node', 'development|production'];
const project = (name: string, root: string, globalSetup: string[] = []) => ({
  extends: true as const,
  test: { name, root, include: ['test/**/*.test.ts'], globalSetup },
});

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    projects: [
      project('core', 'packages/core'),
      project('nntp', 'packages/nntp'),
      project('webdav-adapter', 'packages/webdav-adapter'),
      project('fuse-adapter', 'packages/fuse-adapter', ['test/build-reader.ts']),
      project('metrics', 'packages/metrics'),
      { extends: true, test: { name: 'house', root: '.', include: ['test/*.test.ts'] } },
    ],
  },
});
