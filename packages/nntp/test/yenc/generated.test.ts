import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { tableBytes } from '../../src/yenc/arena.js';
import { availableEngines, decodeEngine } from '../../src/yenc/engines.js';
import { relaxedSha256, relaxedWasm } from '../../src/yenc/generated/wasm-relaxed.js';
import { strictSha256, strictWasm } from '../../src/yenc/generated/wasm-strict.js';
import { webAssembly } from '../../src/yenc/webassembly.js';

describe('the committed WebAssembly', () => {
  it.each([
    ['strict', strictWasm, strictSha256],
    ['relaxed', relaxedWasm, relaxedSha256],
  ])('%s is whole', (_, base64, sha256) => {
    expect(createHash('sha256').update(Buffer.from(base64, 'base64')).digest('hex')).toBe(sha256);
  });

  it.skipIf(!webAssembly)('keeps its tables within the place the arena leaves for them', () => {
    if (!webAssembly) return;
    const memory = new webAssembly.Memory({ initial: 64, maximum: 64 });
    const module = new webAssembly.Module(Buffer.from(strictWasm, 'base64'));
    const { exports } = new webAssembly.Instance(module, { env: { memory } });
    const { tablesEnd } = exports as { tablesEnd: { value: number } };
    expect(tablesEnd.value).toBeLessThanOrEqual(tableBytes);
  });
});

describe('the choice of engine', () => {
  it('is the fastest one this runtime has, and every one it has can be named', () => {
    const names = availableEngines();
    expect(decodeEngine().name).toBe(names[0]);
    for (const name of names) expect(decodeEngine(name).name).toBe(name);
    expect(names.at(-1)).toBe('javascript');
  });

  it('refuses one this runtime cannot run', () => {
    for (const name of ['wasm-relaxed', 'wasm-strict'] as const)
      if (!availableEngines().includes(name)) expect(() => decodeEngine(name)).toThrow();
  });
});
