// @ts-check
// Downloads a posted file to disk, and reads a piece from its middle without downloading the rest.
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, download } from '@newsreel/core';
import { nntp } from '@newsreel/nntp';
import { startNewsServer } from '@newsreel/nntp/testing';

const server = await startNewsServer({ rttMs: 10 });
const posted = await server.post({ name: 'holiday.mkv', bytes: { size: 20_000_000, seed: 1 } });

const engine = await createEngine({
  providers: [nntp({ host: server.host, port: server.port, tls: false, connections: 8 })],
});
const release = await engine.library.add(server.buildNzb([posted]));
const path = release.main ?? '';

const folder = await mkdtemp(join(tmpdir(), 'newsreel-'));
const target = join(folder, 'holiday.mkv');
await download(engine.library, path, target, { resume: true });
console.log(`${target}: ${(await stat(target)).size} bytes`);

const file = await engine.library.open(path);
let bytes = 0;
for await (const piece of file.stream({ start: 10_000_000, end: 10_100_000 })) bytes += piece.length;
console.log(`${bytes} bytes from the middle`);

await file.close();
await engine.close();
await server.close();
await rm(folder, { recursive: true });
