import { type Outcome, outcomeOf, printedBy, type Running, start } from './programs-process.js';

/** Size of the pages the kernel keeps bytes in. */
export const pageBytes = 4096;

/** Makes the kernel forget the bytes of a file it knows, as `posix_fadvise` does: the next read is the mount's. */
export async function forget(path: string): Promise<void> {
  await printedBy('dd', [`if=${path}`, 'iflag=nocache', 'count=0', 'status=none']);
}

/** What is read page by page, with zeros in the place of those that cannot be. */
export async function readInPages(path: string, ...flags: readonly string[]): Promise<Uint8Array> {
  const args = [`if=${path}`, `bs=${pageBytes}`, 'conv=noerror,sync', ...flags];
  return (await outcomeOf('dd', args)).stdout;
}

/** A read of exactly these bytes, past the page cache. */
export function readExactly(path: string, begin: number, end: number): Promise<Outcome> {
  const range = [`skip=${begin}`, `count=${end - begin}`, `bs=${end - begin}`];
  return outcomeOf('dd', [`if=${path}`, 'status=none', 'iflag=direct,skip_bytes,count_bytes', ...range]);
}

/** Starts a program that maps a file into memory and prints one of its bytes. */
export function startMapped(path: string, place: number): Running {
  const script = [
    'import mmap, sys',
    'file = open(sys.argv[1], "rb")',
    'print(mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)[int(sys.argv[2])])',
  ];
  return start('python3', ['-c', script.join('\n'), path, String(place)]);
}

/** Reads one byte of a mapped file: its value, or the signal it ended with. */
export async function readMapped(path: string, place: number): Promise<number | NodeJS.Signals> {
  const { signal, stdout } = await startMapped(path, place).outcome;
  return signal ?? Number(stdout);
}
