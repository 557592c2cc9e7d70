import { setTimeout as sleep } from 'node:timers/promises';
import { createEngine } from '@newsreel/core';
import { nntp } from '@newsreel/nntp';
import { ways } from './ways.mjs';

/** Options of a simulated server with the link of a profile. */
export function serverOptions(profile, more = {}) {
  return {
    rttMs: profile.rttMs,
    bytesPerSecond: profile.bytesPerSecond,
    bytesPerSecondPerConnection: profile.bytesPerSecondPerConnection,
    maxConnections: profile.connections,
    handshakeRoundTrips: true,
    ...more,
  };
}

/** The account on a simulated server, for `nntp()`. */
export function accountOf(server, profile, index, { tls = false, login = false } = {}) {
  return {
    name: `news${index + 1}`,
    host: server.host,
    port: tls ? server.tlsPort : server.port,
    tls: tls ? { ca: server.ca, servername: 'localhost' } : false,
    connections: profile.connections,
    priority: index,
    ...(login ? { username: 'reader', password: 'secret' } : {}),
  };
}

/** An engine over a simulator, and how files are read with it: see `ways.mjs`. */
export class World {
  engine;
  #way;
  #sim;
  #paths = new Map();
  #closed;

  constructor(engine, way, sim) {
    this.engine = engine;
    this.#way = way;
    this.#sim = sim;
  }

  /** `warm` connections are open when this resolves. */
  static async open(sim, profile, { via = 'api', warm = true, tls = false, login = false, engine: more = {} } = {}) {
    const way = await ways[via].make();
    const engine = await createEngine({
      providers: sim.servers.map((server, index) => nntp(accountOf(server, profile, index, { tls, login }))),
      adapters: way.adapters,
      ...more,
    });
    const world = new World(engine, way, sim);
    try {
      await way.begin?.();
      if (warm) await world.warm();
    } catch (error) {
      await world.close();
      throw error;
    }
    return world;
  }

  /** Opens every connection of every provider. */
  async warm() {
    for (const { connectionLimit } of this.engine.pool.stats().providers) await this.engine.warm(connectionLimit);
    await this.engine.warm(this.engine.pool.stats().providers.reduce((sum, each) => sum + each.connectionLimit, 0));
  }

  /** Adds a file of the simulator, by number. */
  async add(index) {
    const release = await this.engine.library.add(this.#sim.files[index].nzb);
    this.#paths.set(index, release.files[0].path);
  }

  /** A fresh handle on a file that was added: `{ size, stream(start, end), read?(position, length), close() }`. */
  async open(index) {
    const path = this.#paths.get(index);
    if (this.#way.open !== undefined) return this.#way.open(path, this.#sim.files[index].size);
    const file = await this.engine.library.open(path);
    return {
      size: file.size,
      stream: (start, end) => file.stream({ start, end }),
      lendStream: (start, end) => file.lendStream({ start, end }),
      read: (position, length) => file.read(position, length),
      close: () => file.close(),
    };
  }

  /** Connections with something in flight. */
  busyConnections() {
    return this.engine.pool.stats().providers.reduce((sum, { connectionsBusy }) => sum + connectionsBusy, 0);
  }

  /** Resolves when nothing is in flight any more, so that one sample does not disturb the next. */
  async quiet(mostMs = 5000) {
    const startedMs = performance.now();
    do await sleep(10);
    while (this.busyConnections() > 0 && performance.now() - startedMs < mostMs);
  }

  /** Idempotent. */
  close() {
    this.#closed ??= this.engine.close().then(() => this.#way.end?.());
    return this.#closed;
  }
}
