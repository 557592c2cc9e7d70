// The news server as its own process, so that its work is not counted as the client's. Talks to its parent over IPC.
import { startNewsServer } from '@newsreel/nntp/testing';

/** Files up to this size come with their SHA-256, so that the client can prove what it read. */
const hashedBytes = 100_000_000;

const { options, files } = JSON.parse(process.argv[2] ?? '{}');
const server = await startNewsServer(options);
const posted = [];
for (const file of files) posted.push(await server.post(file));
process.send?.({
  host: server.host,
  port: server.port,
  tlsPort: server.tlsPort,
  ca: server.ca,
  nzb: server.buildNzb(posted),
  files: posted.map((file) => ({
    size: file.size,
    segments: file.segments,
    sha256: file.size > hashedBytes ? undefined : file.sha256(),
  })),
});
process.on('message', async (message) => {
  if (message !== 'close') return;
  await server.close();
  process.exit(0);
});
process.on('disconnect', () => process.exit(0));
