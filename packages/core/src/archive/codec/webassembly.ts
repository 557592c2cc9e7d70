/** The part of the WebAssembly JavaScript interface used here; Node's own types leave it out. */
interface WebAssemblyNamespace {
  readonly Memory: new (limits: { initial: number; maximum: number }) => WebAssemblyMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

/** A linear memory. Never grown here, so its buffer stays attached. */
export interface WebAssemblyMemory {
  readonly buffer: ArrayBuffer;
}

/** The interface, or `undefined` where the runtime has none (as under `--jitless`). */
export const webAssembly = (globalThis as { WebAssembly?: WebAssemblyNamespace }).WebAssembly;
