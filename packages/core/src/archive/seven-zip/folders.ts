import { type HeaderReader, propertyId } from './header-reader.js';
import { sevenZipError } from './seven-zip-error.js';

/** Most coders of a folder, and streams of a coder; 7-Zip's own limits. */
const mostCoders = 32;
const mostStreams = 32;
/** Most folders of an archive. */
const mostFolders = 2 ** 17;

/** A step of unpacking. */
export interface Coder {
  /** Method id, hexadecimal ("Methods.txt" of 7-Zip). */
  readonly method: string;
  /** What the method has to know. */
  readonly properties: Uint8Array;
  /** Number of its first input among those of all coders of the folder. */
  readonly firstInput: number;
  readonly inputs: number;
  /** Number of its first output, likewise. */
  readonly firstOutput: number;
  readonly outputs: number;
}

/** Coders that together turn packed streams into the bytes of files (7zFormat.txt, "Folder"). */
export interface Folder {
  readonly coders: readonly Coder[];
  /** Which output feeds an input, both numbered through the folder. */
  readonly outputOfInput: ReadonlyMap<number, number>;
  /** Inputs that are fed by packed streams, in the order of these. */
  readonly packedInputs: readonly number[];
  /** Unpacked size of each output in bytes. */
  readonly sizes: readonly number[];
  /** The output that is the folder's own, -1 when none is. */
  readonly mainOutput: number;
  /** Unpacked size of the folder in bytes. */
  readonly size: number;
  readonly crc32: number | undefined;
}

type Wiring = Pick<Folder, 'coders' | 'outputOfInput' | 'packedInputs'> & { readonly outputs: number };

/** Reads "Coders Info" up to and with its end. */
export function readFolders(header: HeaderReader): Folder[] {
  header.expect(propertyId.folder);
  const count = header.count(header.left, 'folders');
  if (count > mostFolders) throw sevenZipError('feature', `${count} folders are beyond the limit of ${mostFolders}`);
  header.expectInternal();
  const wirings = Array.from({ length: count }, () => readWiring(header));
  header.expect(propertyId.unpackSize);
  const sizes = wirings.map(({ outputs }) => Array.from({ length: outputs }, () => header.number()));
  let crcs: (number | undefined)[] = [];
  for (let id = header.byte(); id !== propertyId.end; id = header.byte()) {
    if (id === propertyId.crc) crcs = header.checksums(count);
    else header.skip();
  }
  return wirings.map((wiring, at) => assembled(wiring, sizes[at] as number[], crcs[at]));
}

function assembled(wiring: Wiring, sizes: readonly number[], crc32: number | undefined): Folder {
  const { coders, outputOfInput, packedInputs } = wiring;
  const bound = new Set(outputOfInput.values());
  const mainOutput = sizes.findIndex((_, output) => !bound.has(output));
  return { coders, outputOfInput, packedInputs, sizes, mainOutput, size: sizes[mainOutput] ?? 0, crc32 };
}

function readWiring(header: HeaderReader): Wiring {
  const count = header.count(mostCoders, 'coders in a folder');
  if (count === 0) throw sevenZipError('damaged', 'a folder has no coder');
  const coders: Coder[] = [];
  let inputs = 0;
  let outputs = 0;
  for (let at = 0; at < count; at++) {
    const coder = readCoder(header, inputs, outputs);
    coders.push(coder);
    inputs += coder.inputs;
    outputs += coder.outputs;
  }
  const pairs = outputs - 1;
  if (pairs > inputs || inputs > mostStreams) throw sevenZipError('damaged', 'the coders of a folder do not fit');
  const outputOfInput = new Map<number, number>();
  for (let at = 0; at < pairs; at++) {
    const input = header.count(inputs - 1, 'inputs');
    outputOfInput.set(input, header.count(outputs - 1, 'outputs'));
  }
  if (outputOfInput.size !== pairs || new Set(outputOfInput.values()).size !== pairs)
    throw sevenZipError('damaged', 'a stream between coders is bound twice');
  return { coders, outputOfInput, packedInputs: readPackedInputs(header, inputs, outputOfInput), outputs };
}

function readCoder(header: HeaderReader, firstInput: number, firstOutput: number): Coder {
  const flags = header.byte();
  if (flags & 0xc0) throw sevenZipError('feature', 'a coder has alternatives');
  const method = Buffer.from(header.bytes(flags & 0x0f)).toString('hex');
  const isComplex = (flags & 0x10) !== 0;
  const inputs = isComplex ? header.count(mostStreams, 'inputs of a coder') : 1;
  const outputs = isComplex ? header.count(mostStreams, 'outputs of a coder') : 1;
  const properties = flags & 0x20 ? header.bytes(header.number()) : new Uint8Array();
  return { method, properties, firstInput, inputs, firstOutput, outputs };
}

function readPackedInputs(header: HeaderReader, inputs: number, bound: ReadonlyMap<number, number>): number[] {
  const count = inputs - bound.size;
  const free = Array.from({ length: inputs }, (_, input) => input).filter((input) => !bound.has(input));
  if (count === 1) return free;
  const listed = Array.from({ length: count }, () => header.count(inputs - 1, 'inputs'));
  if (new Set(listed).size !== count || listed.some((input) => bound.has(input)))
    throw sevenZipError('damaged', 'a packed stream is bound twice');
  return listed;
}
