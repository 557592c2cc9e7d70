import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { makeRelease } from '@newsreel/core/testing';
import { deterministicContent } from '@newsreel/nntp/testing';
import { Link } from '../link.mjs';

/**
 * Starts news servers in a process of their own and resolves to where they listen and what they host.
 *
 * `options`: options of one server (see `NewsServerOptions`), or a list of them: several providers. Everything crosses a
 * process boundary, so faults are rules as data. `files`: what the first server hosts and the others mirror, as
 * `NewsServer.post` takes it; `bytes: { size, seed, blockSeed }` costs no memory however large.
 *
 * The result has the first server's `host`, `port`, `tlsPort` and `ca`, all `servers`, the `nzb` of all files, the
 * `files` (each with `nzb`, `segments`, `content` to compare with, `wireRatio`), and calls to the process:
 * `counts()`, `resetCounts()`, `setLimits(limits, server)`, `setFaults(rules, server)`, `post(files)`,
 * `postRelease(options, how)`, `usage()`.
 */
export async function simulate(options, files = []) {
  const child = fork(fileURLToPath(new URL('server.mjs', import.meta.url)), { serialization: 'advanced' });
  const link = new Link(child, 'the simulator');
  const serverOptions = Array.isArray(options) ? options : [options];
  try {
    const servers = await link.call('start', serverOptions);
    return new Simulation(link, servers, await post(link, files));
  } catch (error) {
    await link.close();
    throw error;
  }
}

/** A running simulator. Its own properties are data, so that it can be sent to another process; its calls stay here. */
class Simulation {
  #link;

  constructor(link, servers, posted) {
    this.#link = link;
    Object.assign(this, servers[0], { servers }, posted);
  }

  /** Hosts more files; resolves to `{ nzb, files }`. */
  post(files) {
    return post(this.#link, files);
  }

  /**
   * Hosts what `makeRelease` makes of these options, on every server; resolves to the same release on this side. `keptBytes`:
   * encoded bodies that are kept, as `postComputed` takes it. `hasChain`: it is encrypted, and read through once for where
   * its cipher stands.
   */
  async postRelease(options, how = {}) {
    await this.#link.call('postRelease', options, how);
    return makeRelease(options);
  }

  /** What happened since the last reset: see {@link countsOf}. */
  async counts() {
    return countsOf(await this.#link.call('counts'));
  }

  resetCounts() {
    return this.#link.call('resetCounts');
  }

  setLimits(limits, server = 0) {
    return this.#link.call('setLimits', server, limits);
  }

  setFaults(rules, server = 0) {
    return this.#link.call('setFaults', server, rules);
  }

  disconnectAll() {
    return this.#link.call('disconnectAll');
  }

  /** CPU seconds so far and resident bytes of the simulator's process. */
  usage() {
    return this.#link.call('usage');
  }

  close() {
    return this.#link.close();
  }
}

async function post(link, files) {
  const { nzb, files: posted } = await link.call('post', files);
  return { nzb, files: posted.map((file, index) => ({ ...file, content: contentOf(files[index]) })) };
}

/** The bytes of a file, computed on this side: what a reader must get. `made`: what another process makes them of. */
function contentOf({ bytes, partBytes = 716_800 }) {
  if (bytes instanceof Uint8Array) return undefined;
  const made = { ...bytes, blockBytes: partBytes };
  return Object.assign(deterministicContent(made), { made });
}

/** Counts of all servers together, and of each: `{ bodies, duplicates, bytesSent, …, servers: […] }`. */
function countsOf(servers) {
  const sum = (key) => servers.reduce((total, counts) => total + counts[key], 0);
  const asked = new Map();
  for (const counts of servers) for (const [id, times] of counts.delivered) asked.set(id, (asked.get(id) ?? 0) + times);
  let duplicates = 0;
  for (const times of asked.values()) duplicates += times - 1;
  const keys = ['connections', 'openConnections', 'refused', 'logins', 'bodies', 'missing', 'bytesSent'];
  return {
    ...Object.fromEntries(keys.map((key) => [key, sum(key)])),
    /** How often each article was sent, in part or in whole, by whichever server. */
    delivered: asked,
    /** Articles sent again. */
    duplicates,
    servers,
  };
}
