// Writes articles to a disk cache until it is killed. Run by its test, bundled.
import { crc32 } from 'node:zlib';
import { disk } from '../../src/cache/disk-options.js';
import { deterministicBytes } from '../../src/testing/memory-file.js';
import { createByteLedger } from '../../src/util/byte-ledger.js';
import { systemClock } from '../../src/util/clock.js';
import { leasedArticle } from '../../src/util/leased-article.js';

const [, , folder = '', round = ''] = process.argv;
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const ledger = createByteLedger(2 ** 28);
const cache = disk({ folder, maxBytes: 32 * 2 ** 20 })({
  events: { emit() {} },
  logger: silent,
  clock: systemClock,
  ledger,
});
await cache.idle();
process.stdout.write('writing\n');
for (let number = 0; ; number = (number + 1) % 400) {
  const id = `${round} ${number}`;
  const bytes = deterministicBytes(1000 + ((number * 7919) % 100_000), crc32(id));
  const article = leasedArticle({ id, bytes, provider: 'p', crc32: crc32(bytes) }, () => {});
  cache.set(article);
  article.release();
  if (number % 8 === 7) await cache.idle();
}
