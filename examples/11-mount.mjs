// @ts-check
// Shows the catalog as a folder (Linux): programs that have never heard of Usenet read the files. Where that is not
// possible it says what to do.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, MountUnavailableError } from '@newsreel/core';
import { fuse } from '@newsreel/fuse-adapter';
import { nntp } from '@newsreel/nntp';
import { startNewsServer } from '@newsreel/nntp/testing';

const server = await startNewsServer({ rttMs: 20 });
const posted = await server.post({ name: 'talk.mp4', bytes: { size: 20_000_000, seed: 11 } });
const engine = await createEngine({ providers: [nntp({ host: server.host, port: server.port, tls: false })] });
await engine.library.add(server.buildNzb([posted]), { name: 'A talk' });
const mountpoint = await mkdtemp(join(tmpdir(), 'newsreel-'));

const stop = async () => {
  await engine.close(); // unmounts
  await server.close();
  await rmdir(mountpoint);
};
try {
  await engine.use(fuse({ mountpoint }));
  const folder = join(mountpoint, 'A talk');
  console.log(`Mounted, ${folder} holds`, await readdir(folder));
  // Not readFileSync: whoever serves a mount must not wait for it (that call fails with EDEADLK).
  const hash = createHash('sha256');
  for await (const piece of createReadStream(join(folder, 'talk.mp4'))) hash.update(piece);
  console.log('sha256 of talk.mp4, read through the kernel:', hash.digest('hex'));
  if (process.env['NEWSREEL_EXAMPLE_ONCE']) await stop();
  else process.once('SIGINT', stop);
} catch (error) {
  await stop();
  if (!(error instanceof MountUnavailableError)) throw error;
  console.log(`${error.message}\n${error.remedy}`);
}
