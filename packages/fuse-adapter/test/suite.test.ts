import type { ByteRange } from '@newsreel/core';
import { systemClock } from '@newsreel/core/plugin';
import { adapterSuite } from '@newsreel/core/testing';
import { describe, expect, it } from 'vitest';
import { createFuse } from '../src/fuse.js';
import { FakeKernel } from './fake-kernel.js';
import { afterTest, nowhere } from './support.js';

describe('FUSE with a kernel made of code', () => {
  adapterSuite({
    describe,
    it,
    create: async () => {
      const kernel = new FakeKernel();
      const adapter = createFuse({ ...nowhere, closeGraceMs: 50 }, { clock: systemClock, mounter: kernel.mounter });
      afterTest(() => expect(kernel.connection.violations).toEqual([]));
      return {
        adapter,
        read: (path: string, range?: ByteRange) => kernel.readFile(path, range),
        list: async (path: string) => (await kernel.list(path)).map(({ name }) => name),
        hangUp: async (path: string) => {
          const file = await kernel.open(path);
          await kernel.readDirect(file, 0, 1000);
          const body = { op: 'read', handle: file.handle, offset: 4096, size: 131_072, flags: 0 } as const;
          const { unique, reply } = kernel.connection.send(file.node, body);
          kernel.connection.interrupt(unique);
          expect((await reply).errno).toBe(4);
          await kernel.release(file);
        },
      };
    },
  });
});
