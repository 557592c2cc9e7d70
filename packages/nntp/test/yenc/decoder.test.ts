import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { arenaUse, setPoisonFreedSlots } from '../../src/yenc/arena.js';
import { createArticleDecoder, type DecodedArticle, type DecodeStart, socketInput } from '../../src/yenc/decoder.js';
import { availableEngines } from '../../src/yenc/engines.js';
import { body, decodeBody, encode, latin1, multiPart, noise, singlePart } from './articles.js';

const quiet = { id: 'id@test', provider: 'test' } as const;

beforeEach(() => setPoisonFreedSlots(true));
afterEach(() => {
  setPoisonFreedSlots(false);
  expect(arenaUse().takenBytes).toBe(0);
});

/** Records what a listener hears, in order. */
function recorder() {
  const heard: string[] = [];
  const views: Uint8Array[] = [];
  const options: DecodeStart = {
    ...quiet,
    charge: (bytes) => void heard.push(`charge ${bytes > 0}`),
    onBegin: (part, bytes) => {
      views.push(bytes);
      heard.push(`begin ${part.range.start}-${part.range.end}`);
    },
    onProgress: (available) => void heard.push(`progress ${available}`),
    onLost: (reason) => void heard.push(`lost ${reason}`),
  };
  return { heard, views, options };
}

describe.each(availableEngines())('the article decoder (%s)', (engine) => {
  const data = noise(200_000);
  const article = multiPart(data, 1000, 900_000);

  it('publishes bytes as they land and hands the buffer over', () => {
    const decoder = createArticleDecoder({ engine });
    const { heard, views, options } = recorder();
    let seen = 0;
    decoder.start({
      ...options,
      onProgress: (available) => {
        expect(available).toBeGreaterThan(seen);
        expect(Buffer.compare(views[0]?.subarray(seen, available) as Uint8Array, data.subarray(seen, available))).toBe(
          0,
        );
        seen = available;
      },
    });
    for (let at = 0; at < article.length; at += 16_384)
      decoder.push(article, at, Math.min(at + 16_384, article.length));
    expect(heard).toEqual(['charge true', 'begin 1000-201000']);
    expect(seen).toBe(data.length);
    expect(decoder).toMatchObject({ ended: true, failed: false, engine });
    const outcome = decoder.finish() as DecodedArticle;
    expect(outcome.bytes).toBe(views[0]);
    expect(Buffer.compare(outcome.bytes, data)).toBe(0);
    outcome.free();
    outcome.free();
    expect(outcome.bytes.every((byte) => byte === 0xdb)).toBe(true);
    expect(() => decoder.finish()).toThrow('no ended body');
  });

  it('gives the same bytes from the shared socket buffer as from any other array', () => {
    const decoder = createArticleDecoder({ engine });
    const input = socketInput();
    decoder.start(quiet);
    for (let at = 0; at < article.length; at += 50_000) {
      const piece = article.subarray(at, at + 50_000);
      input.set(piece, 100);
      decoder.push(input, 100, 100 + piece.length);
    }
    const outcome = decoder.finish() as DecodedArticle;
    expect(Buffer.compare(outcome.bytes, data)).toBe(0);
    outcome.free();
  });

  it('decodes pipelined bodies one after another, each in its own buffer', () => {
    const decoder = createArticleDecoder({ engine });
    const parts = [noise(70_000, 3), noise(10, 4), noise(130_000, 5)];
    const stream = Buffer.concat(parts.map((part) => singlePart(part)));
    let at = 0;
    const outcomes = parts.map(() => {
      decoder.start(quiet);
      while (!decoder.ended) at = decoder.push(stream, at, Math.min(at + 9999, stream.length));
      return decoder.finish() as DecodedArticle;
    });
    expect(at).toBe(stream.length);
    outcomes.forEach((outcome, index) => {
      expect(Buffer.compare(outcome.bytes, parts[index] as Uint8Array)).toBe(0);
      outcome.free();
    });
  });

  it('consumes nothing before the first start and after the end', () => {
    const decoder = createArticleDecoder({ engine });
    expect(decoder.ended).toBe(true);
    expect(decoder.push(article, 0, article.length)).toBe(0);
    expect(() => decoder.finish()).toThrow('no ended body');
  });

  it('skips the headers of ARTICLE, even when one of them looks like yEnc', () => {
    const headers = latin1('Subject: x\r\n=ybegin line=128 size=5 name=trap\r\n\r\n');
    const { outcome } = decodeBody(engine, Buffer.concat([headers, article]), [1000], { skipHeaders: true });
    expect(outcome).toMatchObject({ status: 'ok', part: { fileName: 'file.bin' } });
  });

  it('a damaged article is announced while its bytes are untouched, then freed', () => {
    const decoder = createArticleDecoder({ engine });
    const { heard, views, options } = recorder();
    const damaged = Buffer.from(article);
    damaged[5000] = (damaged[5000] as number) ^ 1;
    let firstByteWhenLost: number | undefined;
    decoder.start({
      ...options,
      onProgress: () => {},
      onLost: (reason) => {
        heard.push(reason.slice(0, 6));
        firstByteWhenLost = views[0]?.[0];
      },
    });
    decoder.push(damaged, 0, damaged.length);
    expect(heard).toEqual(['charge true', 'begin 1000-201000', 'CRC-32']);
    expect(firstByteWhenLost).toBe(data[0]);
    expect(views[0]?.[0]).toBe(0xdb);
    const outcome = decoder.finish();
    expect(outcome).toMatchObject({ status: 'corrupt', bytes: undefined, part: undefined });
    outcome.free();
  });

  it('knows early that more came than was declared, writes none of it and still finds the end', () => {
    const decoder = createArticleDecoder({ engine });
    const { heard, options } = recorder();
    const lie = body('=ybegin line=128 size=1000 name=x', encode(data), '=yend size=1000');
    decoder.start(options);
    decoder.push(lie, 0, 5000);
    expect(decoder).toMatchObject({ failed: true, ended: false });
    expect(heard.at(-1)).toBe('lost more than the 1000 bytes declared');
    expect(decoder.push(lie, 5000, lie.length)).toBe(lie.length);
    expect(decoder.finish().status).toBe('corrupt');
  });

  it('never writes outside the slack of its buffer, whatever is declared', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 140_000 }), fc.integer({ min: 1, max: 70_000 }), (declared, piece) => {
        const neighbour = createArticleDecoder({ engine });
        const decoder = createArticleDecoder({ engine });
        const head = latin1(`=ybegin line=128 size=${declared} name=x\r\n`);
        const input = Buffer.concat([head, encode(data)]);
        decoder.start(quiet);
        decoder.push(head, 0, head.length - 1);
        decoder.push(Buffer.concat([head.subarray(-1), latin1('a')]), 0, 2);
        neighbour.start(quiet);
        const other = singlePart(data);
        neighbour.push(other, 0, other.length);
        for (let at = head.length; at < input.length; at += piece)
          decoder.push(input, at, Math.min(at + piece, input.length));
        const outcome = neighbour.finish() as DecodedArticle;
        expect(Buffer.compare(outcome.bytes, data)).toBe(0);
        outcome.free();
        decoder.abandon();
      }),
      { numRuns: 25 },
    );
  });

  it('abandon frees the buffer at any point and tells the listener once', () => {
    for (const length of [0, 10, 60, 100, 5000, article.length - 10, article.length]) {
      const decoder = createArticleDecoder({ engine });
      const { heard, options } = recorder();
      decoder.start(options);
      decoder.push(article, 0, length);
      decoder.abandon();
      decoder.abandon();
      expect(heard.filter((line) => line.startsWith('lost'))).toEqual(length < 100 ? [] : ['lost abandoned']);
      expect(() => decoder.finish()).toThrow();
      expect(arenaUse().takenBytes).toBe(0);
    }
  });

  it('start abandons what was under way', () => {
    const decoder = createArticleDecoder({ engine });
    const { heard, options } = recorder();
    decoder.start(options);
    decoder.push(article, 0, 5000);
    decoder.start(quiet);
    expect(heard.at(-1)).toBe('lost abandoned');
    decoder.push(article, 0, article.length);
    decoder.finish().free();
  });

  it('discard at any byte frees the buffer and still finds exactly the end', () => {
    const small = multiPart(noise(300), 0, 900);
    const text = Buffer.concat([latin1('prose\r\n.. dots\r\n'), small, latin1('430 next\r\n.\r\n')]);
    const end = text.length - 13;
    for (let at = 0; at < end; at++) {
      const decoder = createArticleDecoder({ engine });
      decoder.start(quiet);
      decoder.push(text, 0, at);
      decoder.discard();
      expect(arenaUse().takenBytes).toBe(0);
      let next = at;
      while (!decoder.ended) next = decoder.push(text, next, Math.min(next + 1 + (at % 7), text.length));
      expect(next).toBe(end);
      expect(decoder.finish()).toMatchObject({ status: 'corrupt', reason: 'discarded' });
    }
  });

  it('may be discarded or abandoned from inside its own callbacks', () => {
    for (const act of ['discard', 'abandon'] as const) {
      for (const where of ['onBegin', 'onProgress'] as const) {
        const decoder = createArticleDecoder({ engine });
        decoder.start({ ...quiet, [where]: () => decoder[act]() });
        const end = decoder.push(article, 0, article.length);
        expect(decoder.ended).toBe(true);
        if (act === 'discard') {
          expect(end).toBe(article.length);
          expect(decoder.finish()).toMatchObject({ reason: 'discarded' });
        }
      }
    }
  });

  it('takes an ordinary buffer for an article too large for a slot', () => {
    const large = noise(17 * 1024 * 1024);
    const decoder = createArticleDecoder({ engine });
    const text = singlePart(large);
    decoder.start(quiet);
    for (let at = 0; at < text.length; at += 200_000) decoder.push(text, at, Math.min(at + 200_000, text.length));
    expect(arenaUse().takenBytes).toBe(0);
    const outcome = decoder.finish() as DecodedArticle;
    expect(outcome.crc32).toBeDefined();
    expect(Buffer.compare(outcome.bytes, large)).toBe(0);
    outcome.free();
  });

  it('refuses a part larger than its limit', () => {
    const decoder = createArticleDecoder({ engine, maxPartBytes: 100_000 });
    decoder.start(quiet);
    decoder.push(article, 0, article.length);
    expect(decoder.finish()).toMatchObject({ reason: 'a part of 200000 bytes is larger than the 100000 allowed' });
  });
});

it('falls back to ordinary buffers while the arena is full', () => {
  setPoisonFreedSlots(false); // touching half a gigabyte takes its time
  const fill = latin1('=ybegin line=128 size=16000000 name=x\r\na');
  const holders = Array.from({ length: 40 }, () => {
    const decoder = createArticleDecoder();
    decoder.start(quiet);
    decoder.push(fill, 0, fill.length);
    return decoder;
  });
  const before = arenaUse();
  expect(before.slotBytes - before.takenBytes).toBeLessThan(16_000_000);
  const large = noise(15_990_000);
  const largeText = singlePart(large);
  const decoder = createArticleDecoder();
  decoder.start(quiet);
  decoder.push(largeText, 0, largeText.length);
  const outcome = decoder.finish() as DecodedArticle;
  expect(Buffer.compare(outcome.bytes, large)).toBe(0);
  expect(arenaUse()).toEqual(before);
  outcome.free();
  for (const holder of holders) holder.abandon();
});
