// @ts-check
// Puts the WebDAV handler into an Express app, under a path and behind the app's own idea of who may read.
import { once } from 'node:events';
import { createEngine } from '@newsreel/core';
import { nntp } from '@newsreel/nntp';
import { startNewsServer } from '@newsreel/nntp/testing';
import { webdav } from '@newsreel/webdav-adapter';
import express from 'express';

const server = await startNewsServer();
const posted = await server.post({ name: 'notes.txt', bytes: Buffer.from('posted and streamed\n') });
const engine = await createEngine({ providers: [nntp({ host: server.host, port: server.port, tls: false })] });
const release = await engine.library.add(server.buildNzb([posted]), { name: 'notes' });

const app = express();
app.get('/', (_request, response) => void response.send('my own app'));
app.use('/dav', (await engine.use(webdav())).handler);
const listening = app.listen(0, '127.0.0.1');
await once(listening, 'listening');

const { port } = /** @type {import('node:net').AddressInfo} */ (listening.address());
const path = release.main ?? '';
const answer = await fetch(`http://127.0.0.1:${port}/dav${path}`);
console.log(answer.status, await answer.text());

const stop = async () => {
  listening.close();
  await engine.close();
  await server.close();
};
if (process.env['NEWSREEL_EXAMPLE_ONCE']) await stop();
else process.once('SIGINT', stop);
