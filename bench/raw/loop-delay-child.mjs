// How long the event loop of an application is held up: idle, while connections are opened, at full speed.
import { setTimeout as sleep } from 'node:timers/promises';
import { readAndDrop } from '../read-and-drop.mjs';
import { delayDuring, turnsDuring } from './delay.mjs';
import { discard, engineFor } from './ours.mjs';

/** How often the file is streamed before counting starts, but for smoke runs. */
const warmRounds = 3;

/** @returns {Promise<{ idle: any, drop: any, dial: any, stream: any, turns: any, megabytesPerSecond: number }>} delays in milliseconds */
export default async function loopDelay({ server, client, ids, idleMs, streamBytes, isSmoke }) {
  const engine = await engineFor(server, client);
  try {
    const release = await engine.library.add(server.nzb, { resolve: 'none' });
    const secure = client.wire === 'TLS';
    const dropping = {
      ...server,
      ...client,
      ids,
      port: secure ? server.tlsPort : server.port,
      ca: secure && server.ca,
    };
    await sleep(200);
    const idle = await delayDuring(() => sleep(idleMs));
    const drop = await delayDuring(() => readAndDrop(dropping));
    const dial = await delayDuring(() => engine.warm(client.connections));
    const file = await engine.library.open(release.files[0].path);
    const start = file.size - streamBytes;
    for (let round = 0; round < (isSmoke ? 0 : warmRounds); round++) await discard(file);
    const startedMs = performance.now();
    const stream = await delayDuring(() => discard(file, { range: { start, end: start + streamBytes } }));
    const seconds = (performance.now() - startedMs) / 1000;
    const turns = await turnsDuring(() => discard(file, { range: { start: 0, end: streamBytes >> 1 } }));
    await file.close();
    return { idle, drop, dial, stream, turns, megabytesPerSecond: streamBytes / 1e6 / seconds };
  } finally {
    await engine.close();
  }
}
