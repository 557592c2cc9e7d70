// The news servers as a process of their own, so that their work is not counted as the client's. Obeys its parent over
// IPC and ends with it.
import { makeRelease } from '@newsreel/core/testing';
import { startNewsServer } from '@newsreel/nntp/testing';
import { answerCalls } from '../link.mjs';

/** Files up to this size come with their SHA-256, so that the client can prove what it read. */
const hashedBytes = 100_000_000;

const servers = [];

const calls = {
  async start(all) {
    for (const options of all) servers.push(await startNewsServer({ logLimit: 0, ...options }));
    return servers.map(({ host, port, tlsPort, ca }) => ({ host, port, tlsPort, ca }));
  },

  async post(files) {
    const [first, ...others] = servers;
    const posted = [];
    for (const file of files) posted.push(await first.post(file));
    for (const other of others) for (const file of posted) other.mirror(file);
    return {
      nzb: first.buildNzb(posted),
      files: posted.map((file) => ({
        name: file.name,
        size: file.size,
        segments: file.segments,
        nzb: first.buildNzb([file]),
        wireRatio: file.encodedBytes / file.size,
        sha256: file.size > hashedBytes ? undefined : file.sha256(),
      })),
    };
  },

  /** Hosts a release made of these options; its articles are encoded when somebody first asks for them. */
  postRelease(options, { keptBytes, hasChain = false } = {}) {
    const release = makeRelease(options);
    for (const server of servers) server.postComputed(release, { keptBytes });
    // Where a cipher chain stands is found out by going there: not while a client waits.
    if (hasChain) release.article(release.files.at(-1).nzbFile.segments.at(-1).id)?.bytes;
  },

  counts: () =>
    servers.map((server) => {
      const { delivered, bodyById: _, ...counts } = server.counts();
      return { ...counts, openConnections: server.openConnections, delivered: [...delivered] };
    }),

  resetCounts() {
    for (const server of servers) server.resetCounts();
  },

  setLimits: (server, limits) => servers[server].setLimits(limits),
  setFaults: (server, rules) => servers[server].setFaults(rules),

  disconnectAll() {
    for (const server of servers) server.disconnectAll();
  },

  /** CPU seconds so far and resident bytes of this process. */
  usage() {
    const { user, system } = process.cpuUsage();
    return { cpuSeconds: (user + system) / 1e6, residentBytes: process.memoryUsage.rss() };
  },
};

answerCalls(calls, () => Promise.all(servers.map((server) => server.close())));
