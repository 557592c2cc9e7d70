import { createHash } from 'node:crypto';
import { createEngine } from '@newsreel/core';
import { makeRelease } from '@newsreel/core/testing';
import { describe, expect, it } from 'vitest';
import { nntp } from '../../src/index.js';
import { startNewsServer } from '../../src/testing.js';

const release = makeRelease({
  name: 'show',
  partBytes: 5000,
  obfuscate: 'all',
  files: [
    { name: 'film.mkv', size: 123_456 },
    { name: 'small.txt', bytes: Buffer.from('one article') },
  ],
  damage: [
    ...(['missing', 'flipByte', 'wrongCrc', 'wrongSize', 'truncate'] as const).map((type, at) => ({
      type,
      file: 0,
      segments: [at * 3 + 1, at * 3 + 2],
      provider: 'main',
    })),
    { type: 'missing', file: 0, segments: [-1], provider: 'backup' },
  ],
});

describe('computed posts', () => {
  it('are served as they are computed, each server with its own damage', async () => {
    await using main = await startNewsServer();
    await using backup = await startNewsServer();
    for (const [name, server] of Object.entries({ main, backup })) {
      server.postComputed(release);
      server.setFaults(release.faults(name));
      expect(server.articles).toBe([...release.articles()].length);
    }
    const provider = ({ port }: { readonly port: number }, tier: 'primary' | 'backup') =>
      nntp({ name: tier, host: '127.0.0.1', port, tls: false, tier });
    await using engine = await createEngine({ providers: [provider(main, 'primary'), provider(backup, 'backup')] });
    const { files } = await engine.library.add(release.nzb);
    expect(files).toHaveLength(2);
    for (const [at, member] of release.members.entries()) {
      await using file = await engine.library.open(files[at]!.path);
      const hash = createHash('sha256');
      for await (const chunk of file.stream({ start: 0, end: member.size })) hash.update(chunk);
      expect(hash.digest('hex')).toBe(member.sha256());
    }
    expect(backup.counts().commands['BODY']).toBeGreaterThanOrEqual(10);
  });

  it('are computed once where they are kept, and each time where they do not fit', async () => {
    const [first, second] = release.files[0]!.nzbFile.segments;
    const asked: string[] = [];
    const article = (id: string) => {
      asked.push(id);
      return release.article(id as never);
    };
    await using server = await startNewsServer();
    server.postComputed({ files: release.files, article }, { keptBytes: 8000 });
    const provider = nntp({ host: server.host, port: server.port, tls: false });
    for (let engines = 0; engines < 2; engines++) {
      await using engine = await createEngine({ providers: [provider] });
      for (const segment of [first!, second!]) {
        const got = await engine.pool.fetch(segment.id);
        expect(Buffer.compare(got.bytes, release.article(segment.id)!.bytes)).toBe(0);
        got.release();
      }
    }
    expect(asked).toEqual([first!.id, second!.id, second!.id]);
  });

  it('cannot be hosted twice', async () => {
    await using server = await startNewsServer();
    server.postComputed(release);
    expect(() => server.postComputed(release)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
  });
});
