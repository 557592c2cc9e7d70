// Plain JavaScript decoders to measure against: the usual ways to write one. Each decodes data lines of `input` (CR LF
// line ends, dots doubled) into `output` and returns how many bytes it wrote. None of them can be resumed or stops at
// "=yend", so they do less than a decoder for sockets must.

/** One byte at a time. */
export function byteByByte(input, output) {
  let to = 0;
  for (let at = 0; at < input.length; at++) {
    const byte = input[at];
    if (byte === 61) output[to++] = input[++at] - 106;
    else if (byte === 46 && input[at - 1] === 10) continue;
    else if (byte !== 13 && byte !== 10) output[to++] = byte - 42;
  }
  return to;
}

const special = new Uint8Array(256);
for (const byte of [10, 13, 61]) special[byte] = 1;

/** Four bytes at a time while a class table says that none of them is special. */
export function unrolled(input, output) {
  const quick = input.length - 3;
  let to = 0;
  let at = 0;
  while (at < input.length) {
    while (
      at < quick &&
      (special[input[at]] | special[input[at + 1]] | special[input[at + 2]] | special[input[at + 3]]) === 0
    ) {
      output[to] = input[at] - 42;
      output[to + 1] = input[at + 1] - 42;
      output[to + 2] = input[at + 2] - 42;
      output[to + 3] = input[at + 3] - 42;
      at += 4;
      to += 4;
    }
    const byte = input[at++];
    if (byte === 61) output[to++] = input[at++] - 106;
    else if (byte === 10) at += input[at] === 46 ? 1 : 0;
    else if (byte !== 13 && byte !== undefined) output[to++] = byte - 42;
  }
  return to;
}

/** Jumps from escape to escape and from line end to line end with indexOf; shifts the runs between in a tight loop. */
export function jumping(input, output) {
  let to = 0;
  let at = 0;
  let escapeAt = input.indexOf(61);
  while (at < input.length) {
    if (input[at] === 46) at++;
    let end = input.indexOf(13, at);
    if (end < 0) end = input.length;
    while (escapeAt >= 0 && escapeAt < end) {
      while (at < escapeAt) output[to++] = input[at++] - 42;
      output[to++] = input[at + 1] - 106;
      at += 2;
      escapeAt = input.indexOf(61, at);
    }
    while (at < end) output[to++] = input[at++] - 42;
    at = end + 2;
  }
  return to;
}
