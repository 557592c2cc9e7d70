/** The grammar of NNTP-transported yEnc data, one byte at a time: slow, obvious, and what every engine must agree with. */
export interface OracleResult {
  readonly bytes: number[];
  /** How many input bytes were consumed. */
  readonly consumed: number;
  readonly stop: 'more' | 'control' | 'end';
  readonly state: OracleState;
}

export type OracleState = 'text' | 'cr' | 'line' | 'dot' | 'dotCr' | 'escape' | 'lineEscape';

export function oracleDecode(input: Uint8Array, from: OracleState = 'line'): OracleResult {
  const bytes: number[] = [];
  let state = from;
  for (let at = 0; at < input.length; at++) {
    const byte = input[at] as number;
    const char = String.fromCharCode(byte);
    if (state === 'escape' || state === 'lineEscape') {
      if (state === 'lineEscape' && char === 'y') return { bytes, consumed: at + 1, stop: 'control', state: 'line' };
      bytes.push((byte - 106) & 255);
      state = char === '\r' ? 'cr' : 'text';
    } else if (char === '\r') {
      state = state === 'dot' ? 'dotCr' : 'cr';
    } else if (char === '\n') {
      if (state === 'dotCr') return { bytes, consumed: at + 1, stop: 'end', state: 'line' };
      state = state === 'cr' ? 'line' : 'text';
    } else if (char === '=') {
      state = state === 'line' || state === 'dot' ? 'lineEscape' : 'escape';
    } else if (char === '.' && state === 'line') {
      state = 'dot';
    } else {
      bytes.push((byte - 42) & 255);
      state = 'text';
    }
  }
  return { bytes, consumed: input.length, stop: 'more', state };
}
