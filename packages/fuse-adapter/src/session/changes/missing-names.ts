import type { Node } from '../nodes/node.js';

/** Names that are remembered. */
const mostNames = 10_000;

interface Missing {
  readonly parent: Node;
  readonly name: string;
}

/**
 * The names the kernel was told that there is nothing at, so that it can be told when there is: the newest 10,000. What is
 * pushed out here has to be forgotten there, too.
 */
export class MissingNames {
  readonly #names = new Map<string, Missing>();

  /** The kernel was told. Returns the name it has to forget for that. */
  add(parent: Node, name: string): Missing | undefined {
    const key = keyOf(parent, name);
    this.#names.delete(key);
    this.#names.set(key, { parent, name });
    if (this.#names.size <= mostNames) return undefined;
    const [oldest] = this.#names as Iterable<[string, Missing]>;
    this.#names.delete(oldest![0]);
    return oldest![1];
  }

  /** Whether the kernel may believe that there is nothing here. Not from now on. */
  take(parent: Node, name: string): boolean {
    return this.#names.delete(keyOf(parent, name));
  }
}

function keyOf(parent: Node, name: string): string {
  return `${parent.id}/${name}`;
}
