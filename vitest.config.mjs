const conditions = ['newsreel-source', 'module', 'node', 'development|production'];
export default {
  root: '/work/main/packages/fuse-adapter',
  resolve: { conditions, alias: [{ find: /^.*\/mount\/mount\.js$/, replacement: '/tmp/nr/mount.ts' }] },
  ssr: { resolve: { conditions } },
  server: { fs: { strict: false } },
  test: { include: ['test/**/*.test.ts'], testTimeout: 20000 },
};
