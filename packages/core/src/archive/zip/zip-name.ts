import { isUtf8 } from 'node:buffer';
import type { ZipEntry } from './zip-entry.js';

const utf8Flag = 0x800;
/** Systems that write `\` between the parts: DOS, OS/2, Windows NT, VFAT (APPNOTE 4.4.2.2). */
const backslashSystems = new Set([0, 6, 10, 14]);
/** What the bytes from 0x80 mean in code page 437, the one of the first DOS (APPNOTE appendix D). */
const codePage437 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0';
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The path of an entry, `/` between the parts. */
export function zipPath(entry: ZipEntry): string {
  const path = zipText(entry);
  return backslashSystems.has(entry.madeOn) && !path.includes('/') ? path.replaceAll('\\', '/') : path;
}

/** Names without a flag are in whatever the maker's system used; UTF-8 gives itself away. */
function zipText({ name, flags, extra }: ZipEntry): string {
  if (extra.unicodeName !== undefined) return decoder.decode(extra.unicodeName);
  if ((flags & utf8Flag) !== 0 || isUtf8(name)) return decoder.decode(name);
  return Array.from(name, (byte) => (byte < 0x80 ? String.fromCharCode(byte) : codePage437[byte - 0x80])).join('');
}
