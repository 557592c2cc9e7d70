import { Buffer } from 'node:buffer';
import { sharedArena } from './arena.js';
import type { DecodeEngine } from './engine.js';
import { relaxedWasm } from './generated/wasm-relaxed.js';
import { strictWasm } from './generated/wasm-strict.js';
import { createJavascriptEngine } from './javascript-engine.js';
import type { DecodeEngineName } from './port.js';
import { WasmEngine } from './wasm-engine.js';
import { webAssembly } from './webassembly.js';

const fastestFirst: readonly DecodeEngineName[] = ['wasm-relaxed', 'wasm-strict', 'javascript'];
const made = new Map<DecodeEngineName, DecodeEngine>();
let fastest: DecodeEngine | undefined;

/** Which engines this runtime can run, fastest first. The last one always can. */
export function availableEngines(): readonly DecodeEngineName[] {
  return fastestFirst.filter((name) => name === 'javascript' || webAssembly?.validate(codeOf(name)) === true);
}

/**
 * The named engine, or the fastest this runtime has; made at the first call, then shared by all decoders.
 * @throws Error when this runtime cannot run the named one
 */
export function decodeEngine(name?: DecodeEngineName): DecodeEngine {
  if (name !== undefined) return engineNamed(name);
  fastest ??= fastestThatStarts();
  return fastest;
}

function fastestThatStarts(): DecodeEngine {
  const names = availableEngines();
  try {
    return engineNamed(names[0] as DecodeEngineName);
  } catch {
    // No address space for even the smallest arena: slower, but it plays.
    return engineNamed('javascript');
  }
}

function engineNamed(name: DecodeEngineName): DecodeEngine {
  const known = made.get(name);
  if (known) return known;
  const engine = name === 'javascript' ? createJavascriptEngine() : new WasmEngine(name, codeOf(name), sharedArena());
  made.set(name, engine);
  return engine;
}

function codeOf(name: DecodeEngineName): Uint8Array {
  return Buffer.from(name === 'wasm-relaxed' ? relaxedWasm : strictWasm, 'base64');
}
