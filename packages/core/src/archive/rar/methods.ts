import type { RarMethod } from './volume.js';

const methodNames = ['stored', 'fastest', 'fast', 'normal', 'good', 'best'];

/** Words for how RAR 4 packed a member. @param dictionary three bits, powers of two from 64 KiB */
export function rar4Method(method: number, version: number, dictionary: number): RarMethod {
  return described(`RAR ${version / 10}`, method, 64 * 1024 * 2 ** dictionary);
}

/** Words for how RAR 5 packed a member (RAR 5.0 archive format, "compression information"). */
export function rar5Method(information: number): RarMethod {
  const version = information & 0x3f;
  const exponent = (information >>> 10) & (version === 0 ? 0x0f : 0x1f);
  const fraction = version === 0 ? 0 : (information >>> 15) & 0x1f;
  const dictionaryBytes = 128 * 1024 * 2 ** exponent * (1 + fraction / 32);
  return described(version === 0 ? 'RAR 5' : 'RAR 7', (information >>> 7) & 7, dictionaryBytes);
}

function described(version: string, method: number, dictionaryBytes: number): RarMethod {
  if (method === 0) return { isStored: true, name: `${version}, stored` };
  const name = methodNames[method] ?? `unknown (${method})`;
  return { isStored: false, name: `${version}, ${name} compression, ${inUnits(dictionaryBytes)} dictionary` };
}

function inUnits(bytes: number): string {
  const kibibytes = bytes / 1024;
  if (kibibytes < 1024) return `${kibibytes} KiB`;
  return kibibytes < 1024 * 1024 ? `${kibibytes / 1024} MiB` : `${kibibytes / 1024 / 1024} GiB`;
}
