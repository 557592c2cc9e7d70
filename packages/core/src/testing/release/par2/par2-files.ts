import { ConfigInvalidError } from '../../../errors/index.js';
import type { NamedContent } from '../archive/archive.js';
import { utf8 } from '../archive/byte-writer.js';
import { computedWhole, joinedContent, readRange } from '../content.js';
import { addMultiplied, constantLogs } from './galois.js';
import type { ResolvedPar2 } from './options.js';
import * as packets from './packets.js';
import { eachSlice, sliceHashes } from './slices.js';

/** How much of a file its id depends on. */
const firstBytes = 16_384;
const mostSlices = 32_768;
const usualSlices = 2000;
/** MD5 over more takes minutes. */
const mostHashedBytes = 2 ** 33;
/** Bytes of files times recovery slices; more takes minutes. */
const mostRecoveryWork = 2 ** 35;
/** Recovery slices are held in memory. */
const mostRecoveryBytes = 2 ** 28;

interface Par2File extends NamedContent {
  readonly id: Uint8Array;
  readonly firstMd5: Uint8Array;
  readonly slices: number;
}

/** What a set is about. */
interface Par2Set {
  readonly setId: Uint8Array;
  readonly main: Uint8Array;
  readonly files: readonly Par2File[];
  readonly sliceBytes: number;
  readonly options: ResolvedPar2;
}

/**
 * The PAR2 files of a post: `name.par2`, and `name.vol0+n.par2` when there are slices to repair with ("Parity Volume Set
 * Specification 2.0"). Their sizes are known at once; the files they describe are read when they are.
 * @param partBytes of the articles: slices are no smaller
 * @throws ConfigInvalidError when that would take too long
 */
export function par2Files(
  name: string,
  posted: readonly NamedContent[],
  options: ResolvedPar2,
  partBytes: number,
): NamedContent[] {
  const set = par2Set(posted, options, partBytes);
  const index = computedWhole(criticalBytes(set), () => criticalPackets(set));
  const { recoverySlices: count } = options;
  if (count === 0) return [{ name: `${name}.par2`, content: index }];
  const slices = computedWhole(packets.packetBytes(4 + set.sliceBytes) * count, () => recoveryPackets(set, count));
  return [
    { name: `${name}.par2`, content: index },
    { name: `${name}.vol0+${count}.par2`, content: joinedContent([slices, index]) },
  ];
}

function par2Set(posted: readonly NamedContent[], options: ResolvedPar2, partBytes: number): Par2Set {
  const contents = posted.filter(({ content }) => content.size > 0);
  const total = contents.reduce((sum, { content }) => sum + content.size, 0);
  if (options.hashes === 'all' && total > mostHashedBytes)
    throw refused('hashes', `must be 'first16k' for more than ${mostHashedBytes / 2 ** 30} GiB`);
  if (total * options.recoverySlices > mostRecoveryWork)
    throw refused('recoverySlices', `must be fewer: with ${total} bytes they take too long`);
  const sliceBytes = options.sliceBytes ?? Math.ceil(Math.max(partBytes, total / usualSlices) / 4) * 4;
  if (sliceBytes * options.recoverySlices > mostRecoveryBytes)
    throw refused('recoverySlices', `must have ${mostRecoveryBytes / 2 ** 20} MiB in all at the most`);
  const files = contents.map(({ name, content }): Par2File => {
    const firstMd5 = packets.md5(readRange(content, { start: 0, end: Math.min(firstBytes, content.size) }));
    const id = packets.fileId(firstMd5, content.size, name);
    return { name, content, id, firstMd5, slices: Math.ceil(content.size / sliceBytes) };
  });
  if (files.reduce((sum, file) => sum + file.slices, 0) > mostSlices)
    throw refused('sliceBytes', `must be larger: there can be ${mostSlices} slices only`);
  // Ids are numbers, least significant byte first.
  files.sort((a, b) => Buffer.compare(Buffer.from(a.id).reverse(), Buffer.from(b.id).reverse()));
  const main = packets.mainBody(
    sliceBytes,
    files.map(({ id }) => id),
  );
  return { setId: packets.setIdOf(main), main, files, sliceBytes, options };
}

/** The packets every file of a set has: what is in it, and its names, sizes and hashes. */
function criticalPackets({ setId, main, files, sliceBytes, options }: Par2Set): Uint8Array {
  const described = files.flatMap(({ name, content, id, firstMd5 }) => {
    const { whole, slices } =
      options.hashes === 'all' ? sliceHashes(content, sliceBytes) : { whole: new Uint8Array(16), slices: undefined };
    const description = packets.descriptionBody({ id, md5: whole, firstMd5, size: content.size, name });
    return [
      packets.packet('FileDesc', setId, description),
      ...(slices ? [packets.packet('IFSC', setId, packets.checksumsBody(id, slices))] : []),
    ];
  });
  return Buffer.concat([
    packets.packet('Main', setId, main),
    ...described,
    packets.packet('Creator', setId, packets.creatorBody()),
  ]);
}

/** Size of {@link criticalPackets}. */
function criticalBytes({ main, files, options }: Par2Set): number {
  const described = files.map(({ name, slices }) => {
    const description = packets.packetBytes(56 + Math.ceil(utf8(name).length / 4) * 4);
    return description + (options.hashes === 'all' ? packets.packetBytes(16 + 20 * slices) : 0);
  });
  const others = packets.packetBytes(main.length) + packets.packetBytes(packets.creatorBody().length);
  return described.reduce((sum, bytes) => sum + bytes, others);
}

function recoveryPackets({ setId, files, sliceBytes }: Par2Set, count: number): Uint8Array {
  const recovery = Array.from({ length: count }, () => new Uint16Array(sliceBytes / 2));
  const logs = constantLogs(files.reduce((sum, { slices }) => sum + slices, 0)).values();
  for (const { content } of files)
    eachSlice(content, sliceBytes, (slice) => {
      const words = new Uint16Array(slice.buffer);
      const log = logs.next().value as number;
      for (const [exponent, target] of recovery.entries()) addMultiplied(target, words, log, exponent);
    });
  return Buffer.concat(
    recovery.map((words, exponent) =>
      packets.packet('RecvSlic', setId, packets.recoveryBody(exponent, new Uint8Array(words.buffer))),
    ),
  );
}

function refused(path: string, message: string): ConfigInvalidError {
  return new ConfigInvalidError({ what: 'release options', issues: [{ path: `par2.${path}`, message }] });
}
