/** Longest name in UTF-8 bytes: file systems allow 255, and some room is left for numbering and temporary suffixes. */
const maxBytes = 240;
/** An extension longer than this is no extension worth saving when a name is cut. */
const maxExtensionBytes = 20;
/**
 * Control characters, halves of surrogate pairs, marks that are not seen, and those that make a name read otherwise than it is
 * stored. What joins letters in some scripts (U+200C, U+200D) stays.
 */
const unwanted =
  /[\p{Cc}\p{Cs}\u{61c}\u{180e}\u{200b}\u{200e}\u{200f}\u{2028}-\u{202e}\u{2060}-\u{2069}\u{feff}\u{fff9}-\u{fffb}]/gu;
/** What Windows, and with it whoever mounts from there, allows in no name. */
const forbidden = /[<>:"|?*]/g;
const deviceName = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\.|$)/i;
const encoder = new TextEncoder();

/**
 * Makes a single safe path part out of a name a stranger chose: the last part of a path, no separators, control characters
 * or what Windows forbids (that becomes `_`), not `.` or `..`, no Windows device name, no dots or spaces at the end, at
 * most 240 bytes in UTF-8 with the extension kept, in Unicode's composed form. Empty when nothing usable is left. Applying
 * it twice changes nothing.
 */
export function safeName(name: string): string {
  const clean = trimmed(name.replace(unwanted, '').normalize('NFC'));
  const lastPart = clean.split(/[/\\]/).findLast(hasSubstance) ?? '';
  const tidy = trimmed(lastPart).replace(forbidden, '_');
  return shortened(deviceName.test(tidy) ? `_${tidy}` : tidy);
}

const hasSubstance = (part: string) => trimmed(part) !== '';

/** Without spaces in front and without dots or spaces at the end; `.` and `..` become empty this way. */
function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && (text[end - 1] === '.' || isSpace(text.charCodeAt(end - 1)))) end--;
  return text.slice(start, end);
}

const isSpace = (code: number) => code === 0x20 || code === 0xa0 || code === 0x3000;

function shortened(name: string): string {
  if (byteLength(name) <= maxBytes) return name;
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 && byteLength(name.slice(dot)) <= maxExtensionBytes ? name.slice(dot) : '';
  const stem = name.slice(0, name.length - extension.length);
  return trimmed(trimmed(cut(stem, maxBytes - byteLength(extension))) + extension);
}

const byteLength = (text: string) => encoder.encode(text).length;

/** The longest beginning that fits, never half a character. */
function cut(text: string, bytes: number): string {
  const { read } = encoder.encodeInto(text, new Uint8Array(bytes));
  return text.slice(0, read);
}
