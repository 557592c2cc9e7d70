import { createEngine } from '@newsreel/core';
import { nntp } from '@newsreel/nntp';
import { deterministicContent, startNewsServer } from '@newsreel/nntp/testing';
import { expect, it } from 'vitest';
import { seededRandom, sha256, sha256Of } from './support.js';

it('a backup fills in for a provider that lacks a fifth of the articles, and is asked for nothing else', async () => {
  const content = deterministicContent({ size: 40_000_000, seed: 5 });
  const main = await startNewsServer({});
  const backup = await startNewsServer({});
  const post = { name: 'film.bin', bytes: content.read(0, content.size), partBytes: 200_000, messageIdPrefix: 'both' };
  const posted = await main.post(post);
  await backup.post(post);
  const random = seededRandom(11);
  const lost = posted.segments.filter(() => random(5) === 0).map((segment) => segment.id);
  for (const id of lost) main.remove(id);
  const engine = await createEngine({
    providers: [
      nntp({ name: 'main', host: main.host, port: main.port, tls: false, connections: 8 }),
      nntp({ name: 'backup', host: backup.host, port: backup.port, tls: false, connections: 4, tier: 'backup' }),
    ],
  });
  try {
    const release = await engine.library.add(main.buildNzb([posted]));
    const file = await engine.library.open(release.files[0]!.path);
    expect(await sha256Of(file.stream())).toBe(sha256(content.read(0, content.size)));
    const asked = posted.segments
      .filter((segment) => backup.counts().bodyById(segment.id) > 0)
      .map((segment) => segment.id);
    expect(asked).toEqual(lost);
    expect(backup.counts().bodies).toBe(lost.length);
    expect(main.counts().bodies).toBe(posted.segments.length - lost.length);
  } finally {
    await engine.close();
    await main.close();
    await backup.close();
  }
});
