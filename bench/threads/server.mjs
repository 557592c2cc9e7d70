// The news server as its own process. It is told over IPC how much it may send, so that one server serves every case.
import { startNewsServer } from '@newsreel/nntp/testing';

const { files } = JSON.parse(process.argv[2] ?? '{}');
const server = await startNewsServer({ tls: true });
const ids = [];
for (const file of files) ids.push((await server.post(file)).segments.map((segment) => segment.id));
process.send?.({ host: server.host, port: server.port, tlsPort: server.tlsPort, ca: server.ca, ids });
process.on('message', async (message) => {
  if (message !== 'close') {
    server.setLimits(message.limits);
    process.send?.('ready');
    return;
  }
  await server.close();
  process.exit(0);
});
process.on('disconnect', () => process.exit(0));
