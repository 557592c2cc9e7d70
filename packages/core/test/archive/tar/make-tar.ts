/** A header and the data behind it. */
export interface MadeBlock {
  readonly name?: string | Uint8Array;
  readonly data?: string | Uint8Array;
  readonly type?: string;
  readonly link?: string;
  readonly prefix?: string;
  readonly magic?: string;
  readonly mtime?: number;
  /** The twelve bytes of the size field. */
  readonly sizeField?: Uint8Array;
  /** Bytes put at places in the header. */
  readonly patches?: readonly (readonly [at: number, bytes: Uint8Array | string])[];
}

const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`;

/** A header block (POSIX ustar) and its data, filled up to whole blocks. */
export function tarBlock({ name = '', data = '', type = '0', ...more }: MadeBlock): Buffer {
  const content = Buffer.from(data);
  const block = Buffer.alloc(512);
  Buffer.from(name).copy(block, 0, 0, 100);
  block.write(`${octal(0o644, 8)}${octal(0, 8)}${octal(0, 8)}`, 100, 'latin1');
  block.write(`${octal(content.length, 12)}${octal(more.mtime ?? 1_600_000_000, 12)}        ${type}`, 124, 'latin1');
  if (more.sizeField !== undefined) Buffer.from(more.sizeField).copy(block, 124);
  block.write(more.link ?? '', 157, 100, 'latin1');
  block.write(more.magic ?? 'ustar\x0000', 257, 'latin1');
  block.write(more.prefix ?? '', 345, 155, 'latin1');
  for (const [at, bytes] of more.patches ?? []) Buffer.from(bytes).copy(block, at);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return Buffer.concat([block, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

/** Records of an extended header. */
export const pax = (records: Readonly<Record<string, string>>, type = 'x') =>
  tarBlock({
    name: 'pax',
    type,
    data: Object.entries(records)
      .map(([key, value]) => record(key, value))
      .join(''),
  });

function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let length = bytes + 1;
  while (String(length).length + bytes !== length) length++;
  return length + rest;
}

/** A tar with its two blocks of zeros at the end. */
export const makeTar = (...blocks: readonly (Buffer | MadeBlock)[]) =>
  Buffer.concat([...blocks.map((block) => (Buffer.isBuffer(block) ? block : tarBlock(block))), Buffer.alloc(1024)]);
