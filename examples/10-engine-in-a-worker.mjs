// @ts-check
// Runs the whole engine in a worker thread: nothing it does delays the app's own event loop. The app reads over HTTP.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { createEngine } from '@newsreel/core';
import { nntp } from '@newsreel/nntp';
import { startNewsServer } from '@newsreel/nntp/testing';
import { webdav } from '@newsreel/webdav-adapter';

if (isMainThread) await app();
else await engineInWorker();

async function app() {
  const server = await startNewsServer();
  const posted = await server.post({ name: 'film.mkv', bytes: { size: 20_000_000, seed: 10 } });
  const { host, port } = server;
  const account = { host, port, tls: false, connections: 8 }; // plain values: they are copied into the worker
  const worker = new Worker(new URL(import.meta.url), { workerData: { account, nzb: server.buildNzb([posted]) } });
  const [url] = await once(worker, 'message');
  console.log(`An engine in thread ${worker.threadId} listens on ${url}`);

  const answer = await fetch(new URL('film/film.mkv', url), { headers: { range: 'bytes=10000000-' } });
  let bytes = 0;
  for await (const piece of answer.body ?? []) bytes += piece.length;
  console.log(answer.status, answer.headers.get('content-range'), bytes, 'bytes');

  worker.postMessage('close');
  const [code] = await once(worker, 'exit');
  console.log(`The worker ended with code ${code}`);
  await server.close();
}

async function engineInWorker() {
  const dav = webdav({ port: 0 });
  const engine = await createEngine({ providers: [nntp(workerData.account)], adapters: [dav] });
  await engine.library.add(workerData.nzb, { name: 'film' });
  parentPort?.postMessage(String(dav.url));
  parentPort?.once('message', () => engine.close()); // with the port unheard and everything closed, the thread ends
}
