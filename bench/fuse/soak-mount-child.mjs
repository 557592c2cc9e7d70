// An engine with a mount in a process of its own, which tells what it holds. Started with `--expose-gc`.
import { readdirSync } from 'node:fs';
import { createEngine } from '@newsreel/core';
import { fuse } from '@newsreel/fuse-adapter';
import { nntp } from '@newsreel/nntp';
import { answerCalls } from '../link.mjs';

let engine;
let adapter;

const calls = {
  async mount({ server, mountpoint, connections }) {
    adapter = fuse({ mountpoint });
    const provider = nntp({ host: server.host, port: server.port, tls: false, connections });
    engine = await createEngine({ providers: [provider], adapters: [adapter] });
  },

  /** Adds a release; resolves to its id and the path of its one file. */
  async add({ nzb, name }) {
    const release = await engine.library.add(nzb, { name });
    return { id: release.id, path: release.files[0].path };
  },

  remove: (id) => engine.library.remove(id),

  /** What is held now. @param isIdle collects garbage first */
  sample(isIdle) {
    if (isIdle) global.gc();
    const { memory, readers } = engine.snapshot();
    const { openFiles, inFlight, knownNodes, bytesRead, requests, errors } = adapter.stats();
    return {
      descriptors: readdirSync('/proc/self/fd').length,
      residentBytes: process.memoryUsage.rss(),
      ...{ chargedBytes: memory.usedBytes, cachedBytes: memory.cachedBytes },
      ...{ handles: readers.handles, streams: readers.streams },
      ...{ openFiles, inFlight, knownNodes, bytesRead, reads: requests.read ?? 0, errors },
    };
  },
};

answerCalls(calls, () => engine?.close());
