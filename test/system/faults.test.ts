import { createEngine, type Engine, NewsreelError } from '@newsreel/core';
import { nntp } from '@newsreel/nntp';
import { type Fault, type FaultScript, type PostedFile, startNewsServer } from '@newsreel/nntp/testing';
import { afterAll, expect, it } from 'vitest';
import { seededRandom } from './support.js';

const smallParts = 6000;
/** Large enough, at the rate below, to arrive in many pieces: readers see bytes long before the checksum. */
const largeParts = 200_000;
const slowBytesPerSecond = 4_000_000;

/** What a provider may do wrong, and how many reads meet it. Faults that cost a connection each get fewer. */
const plan: readonly { readonly name: string; readonly fault: Fault; readonly reads: number }[] = [
  { name: 'a definite 430', fault: { type: 'missing' }, reads: 1400 },
  { name: 'a wrong checksum', fault: { type: 'wrongCrc' }, reads: 1400 },
  { name: 'a changed byte', fault: { type: 'flipByte', at: 4000 }, reads: 1400 },
  { name: 'a truncated article', fault: { type: 'truncate' }, reads: 1400 },
  { name: 'a truncated article with its trailer', fault: { type: 'truncate', keepTrailer: true }, reads: 1400 },
  { name: 'no =yend', fault: { type: 'missingYend' }, reads: 1400 },
  { name: 'a shifted range', fault: { type: 'wrongPartOffset', shiftBytes: smallParts }, reads: 1400 },
  { name: 'a range shifted by one', fault: { type: 'wrongPartOffset', shiftBytes: -1 }, reads: 1400 },
  { name: 'a wrong part size', fault: { type: 'wrongSize' }, reads: 1000 },
  { name: 'a wrong file size', fault: { type: 'wrongSize', of: 'file', byBytes: 1000 }, reads: 1000 },
  { name: 'text around the part', fault: { type: 'extraText', before: ['hello', ''], after: ['bye'] }, reads: 1000 },
  { name: 'a dropped connection', fault: { type: 'drop', afterBytes: 3000 }, reads: 500 },
  { name: 'a reset before the reply', fault: { type: 'drop', how: 'reset' }, reads: 500 },
  { name: 'a half-closed connection', fault: { type: 'halfClose', afterBytes: 2000 }, reads: 300 },
  { name: 'a stall in the body', fault: { type: 'stall', afterBytes: 2500 }, reads: 300 },
  { name: 'a stall before the reply', fault: { type: 'stallBeforeReply' }, reads: 300 },
  { name: 'a trickle', fault: { type: 'trickle', bytesPerSecond: 500 }, reads: 200 },
  { name: 'a 400', fault: { type: 'reply', code: 400, close: true }, reads: 300 },
  { name: 'a 502', fault: { type: 'reply', code: 502 }, reads: 300 },
  { name: 'a 481', fault: { type: 'reply', code: 481 }, reads: 300 },
  { name: 'a 482', fault: { type: 'reply', code: 482 }, reads: 300 },
  { name: 'bare line feeds', fault: { type: 'bareLf', terminator: true }, reads: 200 },
  { name: 'an endless line', fault: { type: 'endlessLine', limitBytes: 1 << 20 }, reads: 100 },
];

const totals = { faulted: 0, right: 0, failed: 0, wrong: 0, retracted: 0 };
afterAll(() => console.log('faulted reads:', totals));

it.each(plan)('$name: right bytes or a typed error', async ({ fault, reads }) => {
  const run = await readThroughFaults(fault, reads, 'progressive');
  expect(run.wrong).toBe(0);
  for (const key of Object.keys(totals) as (keyof typeof totals)[]) totals[key] += run[key];
});

it.each([
  { name: 'early, so that a reader has seen it', at: 300, fewest: 1, most: 200 },
  // The end of an article comes with its checksum, but for the few times when the network cuts between the two.
  { name: 'late, after what a reader has seen', at: 205_700, fewest: 0, most: 10 },
])('a byte changed $name', async ({ at, fewest, most }) => {
  const run = await readThroughFaults({ type: 'flipByte', at }, 200, 'progressive', largeParts);
  expect(run.wrong).toBe(0);
  expect(run.retracted).toBeGreaterThanOrEqual(fewest);
  expect(run.retracted).toBeLessThanOrEqual(most);
  for (const key of Object.keys(totals) as (keyof typeof totals)[]) totals[key] += run[key];
});

it('integrity: verified never retracts', async () => {
  const early = await readThroughFaults({ type: 'flipByte', at: 300 }, 200, 'verified', largeParts);
  expect(early).toMatchObject({ wrong: 0, retracted: 0 });
  for (const { fault } of plan.slice(1, 6)) {
    const run = await readThroughFaults(fault, 200, 'verified');
    expect(run).toMatchObject({ wrong: 0, retracted: 0 });
  }
});

it('that were at least 10,000 faulted reads', () => {
  expect(totals.faulted).toBeGreaterThanOrEqual(10_000);
  expect(totals.wrong).toBe(0);
});

/** Reads one article's worth of bytes per read, each from an article of its own, while two providers misbehave. */
async function readThroughFaults(
  fault: Fault,
  reads: number,
  integrity: 'progressive' | 'verified',
  partBytes = smallParts,
) {
  const struck = new Set<string>();
  const faulty = (probability: number, seed: number): FaultScript => {
    const random = seededRandom(seed);
    return ({ verb, id }) => {
      if (verb !== 'BODY' || id === undefined || random(1000) >= probability * 1000) return undefined;
      struck.add(id);
      return fault;
    };
  };
  const pace = partBytes === smallParts ? {} : { bytesPerSecondPerConnection: slowBytesPerSecond };
  const first = await startNewsServer(pace);
  const second = await startNewsServer(pace);
  const content = { size: reads * partBytes, seed: 9 };
  const posted = await first.post({ name: 'f.bin', bytes: content, partBytes, messageIdPrefix: 'both' });
  await second.post({ name: 'f.bin', bytes: content, partBytes, messageIdPrefix: 'both' });
  const deadlines = { firstByteMs: 250, bodyMs: 600 };
  const engine = await createEngine({
    cache: { maxBytes: 0 },
    integrity,
    prefetch: () => ({ aheadBytes: 0, concurrency: 0 }),
    providers: [
      nntp({ name: 'first', host: first.host, port: first.port, tls: false, connections: 12, deadlines }),
      nntp({
        name: 'second',
        host: second.host,
        port: second.port,
        tls: false,
        connections: 12,
        priority: 1,
        deadlines,
      }),
    ],
  });
  const run = { faulted: 0, right: 0, failed: 0, wrong: 0, retracted: 0 };
  engine.events.on('read:retracted', () => {
    run.retracted++;
  });
  try {
    const release = await engine.library.add(first.buildNzb([posted]));
    first.setFaults(faulty(0.95, 1));
    // With large articles the second provider is honest, so that a retraction means that wrong bytes were seen.
    if (partBytes === smallParts) second.setFaults(faulty(0.1, 2));
    await readAll(engine, release.files[0]!.path, posted, reads, run);
  } finally {
    await engine.close();
    await first.close();
    await second.close();
  }
  run.faulted = struck.size;
  return run;
}

async function readAll(
  engine: Engine,
  path: string,
  content: PostedFile,
  reads: number,
  run: { right: number; failed: number; wrong: number },
): Promise<void> {
  const file = await engine.library.open(path);
  const partBytes = content.segments[0]!.range.end;
  const random = seededRandom(4);
  let next = 0;
  const reader = async () => {
    while (next < reads) {
      const segment = next++;
      const start = segment * partBytes + random(1000);
      const end = (segment + 1) * partBytes - random(1000);
      try {
        const got =
          segment % 2 === 0 ? await collect(file.stream({ start, end })) : await file.read(start, end - start);
        if (Buffer.compare(got, content.read({ start, end })) === 0) run.right++;
        else run.wrong++;
      } catch (error) {
        expect(NewsreelError.isInstance(error), String(error)).toBe(true);
        run.failed++;
      }
    }
  };
  await Promise.all(Array.from({ length: 24 }, reader));
  await file.close();
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}
