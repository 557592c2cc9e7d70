// How fast articles are decoded and checked, without any network: our engines beside the native addon `yencode` (where
// it is installed) and beside plain JavaScript, all in one run on one article.
//
//   node bench/raw-decode.mjs [--json]   YENCODE_PATH=/some/node_modules/yencode to show it where to look; by default it
//                                        looks where test/system/install.sh puts it
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { crc32 as zlibCrc32 } from 'node:zlib';
import { availableEngines, createArticleDecoder, decodeEngine, lineState, socketInput } from '@newsreel/nntp/internal';
import * as plainJavascript from './decode/plain-javascript.mjs';

const articleBytes = 716_800;
/** Short windows per candidate; the best one counts. */
const windows = 24;

/** Bytes that look random, the same in every run. */
function noise(length) {
  const bytes = new Uint8Array(length);
  let state = 88_172_645;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state >>> 11;
  }
  return bytes;
}

/** yEnc data lines of 128, dots doubled. */
function encode(data) {
  const out = [];
  let column = 0;
  for (const byte of data) {
    const code = (byte + 42) & 255;
    if (code === 0 || code === 10 || code === 13 || code === 61) {
      out.push(61, (code + 64) & 255);
      column += 2;
    } else {
      if (code === 46 && column === 0) out.push(46);
      out.push(code);
      column++;
    }
    if (column >= 128) {
      out.push(13, 10);
      column = 0;
    }
  }
  if (column > 0) out.push(13, 10);
  return Buffer.from(out);
}

function findYencode() {
  const require = createRequire(import.meta.url);
  const installed = fileURLToPath(new URL('../.cache/tools/node_modules/yencode', import.meta.url));
  for (const place of [process.env.YENCODE_PATH ?? installed, 'yencode']) {
    try {
      return require(place);
    } catch {
      // Not there, or built for another Node.
    }
  }
  return undefined;
}

/** The work of one engine on an article that stands in the arena's memory. */
function engineWork(name, data, encoded) {
  const engine = decodeEngine(name);
  const source = engine.allocate(encoded.length);
  source.bytes.set(encoded);
  const target = engine.allocate(data.length + 4096);
  const cursor = { state: lineState.line, line: 128, written: 0, crc: 0, hashed: 0, at: 0 };
  const decode = () => {
    Object.assign(cursor, { state: lineState.line, written: 0, crc: 0, hashed: 0, at: 0 });
    while (cursor.at < encoded.length) engine.decode(cursor, target, source.bytes, cursor.at, encoded.length);
  };
  decode();
  if (Buffer.compare(target.bytes.subarray(0, cursor.written), data) !== 0) throw new Error(`${name} decodes wrongly`);
  const decoded = target.bytes.subarray(0, data.length);
  const free = () => {
    source.free();
    target.free();
  };
  const both = () => {
    decode();
    engine.hash(cursor, target);
  };
  return { free, work: { decode, crc32: () => engine.crc32(decoded, 0), 'decode+crc32': both } };
}

/** A whole body through the port a connection uses: headers, slot, pieces as the socket gives them, verification. */
function articleWork(name, data, encoded, pieceBytes) {
  const crc = zlibCrc32(data).toString(16).padStart(8, '0');
  const head = `=ybegin part=1 total=1 line=128 size=${data.length} name=x\r\n=ypart begin=1 end=${data.length}\r\n`;
  const tail = `=yend size=${data.length} part=1 pcrc32=${crc}\r\n.\r\n`;
  const body = Buffer.concat([Buffer.from(head, 'latin1'), encoded, Buffer.from(tail, 'latin1')]);
  const decoder = createArticleDecoder({ engine: name });
  const input = socketInput();
  return () => {
    decoder.start({ id: 'bench', provider: 'bench' });
    for (let at = 0; at < body.length; at += pieceBytes) {
      // Stands in for the kernel, which writes into this buffer when a socket is read.
      const piece = body.subarray(at, at + pieceBytes);
      input.set(piece, 0);
      decoder.push(input, 0, piece.length);
    }
    const outcome = decoder.finish();
    if (outcome.status !== 'ok') throw new Error(outcome.reason);
    outcome.free();
  };
}

function yencodeWork(yencode, data, encoded) {
  const output = Buffer.alloc(encoded.length);
  const decode = () => yencode.decodeChunk(encoded, output, '\r\n');
  const both = () => {
    const { written } = decode();
    yencode.crc32(output.subarray(0, written));
  };
  const decoded = Buffer.from(data);
  const whole = () => yencode.decodeTo(encoded, output, true);
  return { decode, 'decode, not resumable': whole, crc32: () => yencode.crc32(decoded), 'decode+crc32': both };
}

function plainWork(decoder, data, encoded) {
  const input = new Uint8Array(encoded);
  const output = new Uint8Array(data.length + 4096);
  if (decoder(input, output) !== data.length || Buffer.compare(output.subarray(0, data.length), data) !== 0)
    throw new Error(`${decoder.name} decodes wrongly`);
  return { decode: () => decoder(input, output) };
}

/** Seconds of one call, as the mean over a short window. */
function timeWindow(work, windowMs) {
  const until = performance.now() + windowMs;
  const start = performance.now();
  let calls = 0;
  let now = start;
  while (now < until) {
    work();
    calls++;
    now = performance.now();
  }
  return (now - start) / 1000 / calls;
}

/** Best of many short windows, all candidates in turn, so that a busy moment of the machine hits every one of them. */
function measure(candidates, rounds, windowMs) {
  for (const candidate of candidates) {
    candidate.best = Number.POSITIVE_INFINITY;
    timeWindow(candidate.work, windowMs);
  }
  for (let round = 0; round < rounds; round++)
    for (const candidate of candidates) candidate.best = Math.min(candidate.best, timeWindow(candidate.work, windowMs));
}

/**
 * Runs the comparison.
 * @param {{ smoke?: boolean }} [options] `smoke`: one short window each, which shows only that everything works
 * @returns {Promise<{ scenario: 'raw', profile: string, metric: string, value: number, unit: string }[]>} rows: GB/s of encoded input (`crc32`: of bytes hashed), and ratios
 */
export async function runRawDecode({ smoke = false } = {}) {
  const data = noise(articleBytes);
  const encoded = encode(data);
  const yencode = findYencode();
  const candidates = [];
  const releases = [];
  const add = (profile, work) => {
    for (const [metric, call] of Object.entries(work))
      candidates.push({ profile, metric, bytes: metric === 'crc32' ? data.length : encoded.length, work: call });
  };
  for (const name of availableEngines()) {
    const { work, free } = engineWork(name, data, encoded);
    releases.push(free);
    add(name, work);
    add(name, {
      'article, 16 KiB pieces': articleWork(name, data, encoded, 16_384),
      'article, 256 KiB pieces': articleWork(name, data, encoded, 262_144),
    });
  }
  if (yencode) add('yencode', yencodeWork(yencode, data, encoded));
  for (const decoder of Object.values(plainJavascript)) add(`plain ${decoder.name}`, plainWork(decoder, data, encoded));
  measure(candidates, smoke ? 1 : windows, smoke ? 1 : 12);
  for (const free of releases) free();
  const rows = candidates.map(({ profile, metric, bytes, best }) => row(profile, metric, bytes / best / 1e9, 'GB/s'));
  return [...rows, ...ratios(rows)];
}

function ratios(rows) {
  const of = (profile, metric) => rows.find((r) => r.profile === profile && r.metric === metric)?.value;
  const [fastest] = availableEngines();
  const ours = of(fastest, 'decode');
  // Our own fallback counts as plain JavaScript too: the best of all of them is what WebAssembly must beat.
  const plain = rows.filter(
    (r) => r.metric === 'decode' && (r.profile.startsWith('plain ') || r.profile === 'javascript'),
  );
  const result = [row(fastest, 'decode / best plain JavaScript', ours / Math.max(...plain.map((r) => r.value)), 'x')];
  for (const metric of ['decode', 'crc32', 'decode+crc32']) {
    const theirs = of('yencode', metric);
    if (theirs !== undefined) result.push(row(fastest, `${metric} / yencode`, of(fastest, metric) / theirs, 'x'));
  }
  return result;
}

function row(profile, metric, value, unit) {
  return { scenario: 'raw', profile, metric, value: Math.round(value * 100) / 100, unit };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const rows = await runRawDecode();
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify(rows));
    process.exit(0);
  }
  console.log(`Node ${process.versions.node}, article of ${articleBytes} bytes, best of ${windows} windows`);
  for (const { profile, metric, value, unit } of rows)
    console.log(`${profile.padEnd(18)} ${metric.padEnd(32)} ${value.toFixed(2).padStart(7)} ${unit}`);
  if (!rows.some((r) => r.profile === 'yencode'))
    console.log('yencode is not installed: test/system/install.sh does that');
}
