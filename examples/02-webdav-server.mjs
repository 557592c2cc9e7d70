// @ts-check
// Serves releases over HTTP and WebDAV: open the address in a browser, or mount it with rclone.
import { createEngine } from '@newsreel/core';
import { nntp } from '@newsreel/nntp';
import { startNewsServer } from '@newsreel/nntp/testing';
import { webdav } from '@newsreel/webdav-adapter';

const server = await startNewsServer({ users: { alice: 's3cret' } });
const posted = await server.post({ name: 'talk.mp4', bytes: { size: 5_000_000, seed: 2 } });

const dav = webdav({ port: 0, username: 'me', password: 'mine' });
const engine = await createEngine({
  providers: [nntp({ host: server.host, port: server.port, tls: false, username: 'alice', password: 's3cret' })],
  adapters: [dav],
});
await engine.library.add(server.buildNzb([posted]), { name: 'A talk' });
console.log(`Listening on ${dav.url} (user "me", password "mine")`);

const authorization = `Basic ${Buffer.from('me:mine').toString('base64')}`;
const answer = await fetch(new URL('A%20talk/talk.mp4', dav.url), { headers: { authorization, range: 'bytes=-1000' } });
console.log(answer.status, answer.headers.get('content-range'), (await answer.arrayBuffer()).byteLength, 'bytes');

const stop = async () => {
  await engine.close();
  await server.close();
};
if (process.env['NEWSREEL_EXAMPLE_ONCE']) await stop();
else process.once('SIGINT', stop);
