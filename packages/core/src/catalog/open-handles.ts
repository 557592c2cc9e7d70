import type { FileHandle } from '../model/catalog.js';

/** Counts the handles that are open, by what they were opened on. */
export class OpenHandles<C extends object> {
  readonly #byContent = new Map<C, Set<FileHandle>>();
  #count = 0;

  /** Handles open now. */
  get count(): number {
    return this.#count;
  }

  /** Opens a handle with `opener`, which promises to call `closed` once when the handle was closed. */
  async open(content: C, opener: (closed: () => void) => Promise<FileHandle>): Promise<FileHandle> {
    let handle: FileHandle | undefined;
    let closed = false;
    handle = await opener(() => {
      closed = true;
      if (handle !== undefined) this.#remove(content, handle);
    });
    if (!closed) this.#add(content, handle);
    return handle;
  }

  /** The handles open on some content. */
  of(content: C): readonly FileHandle[] {
    return [...(this.#byContent.get(content) ?? [])];
  }

  /** Every open handle. */
  all(): readonly FileHandle[] {
    return [...this.#byContent.values()].flatMap((handles) => [...handles]);
  }

  #add(content: C, handle: FileHandle): void {
    const handles = this.#byContent.get(content) ?? new Set();
    this.#byContent.set(content, handles.add(handle));
    this.#count++;
  }

  #remove(content: C, handle: FileHandle): void {
    const handles = this.#byContent.get(content);
    if (handles?.delete(handle) !== true) return;
    this.#count--;
    if (handles.size === 0) this.#byContent.delete(content);
  }
}
