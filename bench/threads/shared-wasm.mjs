/**
 * Makes this thread's WebAssembly memories shared, before the decoder is loaded: its arena then lies where another
 * thread can see it. A module says in its import section whether its memory is shared, so that section is rewritten.
 */
export function shareWebAssemblyMemory() {
  const { Memory, Module } = WebAssembly;
  let memory;
  WebAssembly.Memory = function SharedMemory(limits) {
    memory = new Memory({ ...limits, shared: true });
    return memory;
  };
  WebAssembly.Module = function ModuleOnSharedMemory(code) {
    return new Module(importingSharedMemory(code));
  };
  return () => memory?.buffer;
}

const importSection = 2;
const memoryKind = 2;
const mostPages = 65_536;

function importingSharedMemory(code) {
  for (let at = 8; at < code.length; ) {
    const id = code[at];
    const size = readNumber(code, at + 1);
    const next = size.after + size.value;
    if (id === importSection) {
      const body = rewriteImports(code.subarray(size.after, next));
      return Buffer.concat([code.subarray(0, at), Buffer.of(id), number(body.length), body, code.subarray(next)]);
    }
    at = next;
  }
  throw new Error('the module imports nothing');
}

/** There is one import: env.memory. */
function rewriteImports(body) {
  const count = readNumber(body, 0);
  if (count.value !== 1) throw new Error('the module imports more than its memory');
  const module = readNumber(body, count.after);
  const name = readNumber(body, module.after + module.value);
  const kind = name.after + name.value;
  if (body[kind] !== memoryKind) throw new Error('what the module imports is not a memory');
  const least = readNumber(body, kind + 2);
  const sharedWithMaximum = 3;
  const limits = Buffer.concat([Buffer.of(sharedWithMaximum), number(least.value), number(mostPages)]);
  return Buffer.concat([body.subarray(0, kind + 1), limits]);
}

function readNumber(bytes, start) {
  let value = 0;
  for (let at = start, shift = 0; ; at++, shift += 7) {
    value += (bytes[at] & 0x7f) * 2 ** shift;
    if (bytes[at] < 0x80) return { value, after: at + 1 };
  }
}

function number(value) {
  const bytes = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  return Buffer.of(...bytes, rest);
}
