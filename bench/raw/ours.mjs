import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { createEngine, download } from '@newsreel/core';
import { nntp } from '@newsreel/nntp';

/** An engine over the server, with everything else as it comes. */
export function engineFor(server, { wire, connections, ...rest }, options = {}) {
  const secure = wire === 'TLS';
  const tls = secure ? { ca: server.ca, servername: 'localhost' } : false;
  const port = secure ? server.tlsPort : server.port;
  return createEngine({
    ...options,
    providers: [nntp({ host: server.host, port, tls, connections, ...rest })],
  });
}

/** Sum of the article bodies of the server's first file as they are on the wire. */
export function wireBytesOf(file) {
  return file.segments.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Reads a range of an open file and lets go of it; hashes it when a hash is given. Resolves to the bytes read. */
export async function discard(file, { range, hash } = {}) {
  let bytes = 0;
  for await (const lease of file.lendStream(range)) {
    bytes += lease.bytes.length;
    hash?.update(lease.bytes);
    lease.release();
  }
  return bytes;
}

/** Streams the server's first file through a fresh engine; checks what is cheap to check. Resolves to wire bytes. */
export async function streamFresh(server, client) {
  const [posted] = server.files;
  const hash = client.check ? createHash('sha256') : undefined;
  await withEngine(server, client, async (engine, path) => {
    const file = await engine.library.open(path);
    const bytes = await discard(file, { hash });
    await file.close();
    if (bytes !== posted.size) throw new Error(`streamed ${bytes} of ${posted.size} bytes`);
  });
  if (hash) assertHash(hash.digest('hex'), posted);
  return wireBytesOf(posted);
}

/** Downloads the server's first file through a fresh engine into `target`, which must not exist. Resolves to wire bytes. */
export async function downloadFresh(server, client, target) {
  const [posted] = server.files;
  await withEngine(server, client, (engine, path) => download(engine, path, target));
  await assertFile(target, posted, client.check);
  return wireBytesOf(posted);
}

async function withEngine(server, { wire, connections, depth }, work) {
  const engine = await engineFor(server, { wire, connections, ...(depth && { depth }) });
  try {
    const release = await engine.library.add(server.nzb);
    await work(engine, release.files[0].path);
  } finally {
    await engine.close();
  }
}

/** Checks the size of a file and, when asked to, its bytes; then removes it. */
export async function assertFile(path, posted, check) {
  const { size } = await stat(path);
  if (size !== posted.size) throw new Error(`${path} has ${size} of ${posted.size} bytes`);
  if (check) {
    const hash = createHash('sha256');
    for await (const piece of createReadStream(path)) hash.update(piece);
    assertHash(hash.digest('hex'), posted);
  }
  await rm(path);
}

function assertHash(actual, { sha256 }) {
  if (sha256 === undefined) throw new Error('the server did not say what the bytes should be');
  if (actual !== sha256) throw new Error('the bytes are not those that were posted');
}
