import type { CatalogChange, EventBus } from '@newsreel/core';
import type { Node } from '../nodes/node.js';
import type { NodeTable } from '../nodes/node-table.js';
import type { MissingNames } from './missing-names.js';
import type { Notices } from './notices.js';

/** What the kernel is told of changes with. */
export interface ChangeParts {
  readonly events: EventBus;
  readonly nodes: NodeTable;
  readonly missing: MissingNames;
  readonly notices: Notices;
}

/**
 * Makes the kernel forget what is no longer so. Only what it knows is mentioned: of a hundred thousand files added to a
 * folder it learns that the listing is another one.
 */
export class Changes {
  readonly #parts: ChangeParts;
  readonly #own = new Set<string>();
  readonly #off: readonly (() => void)[];

  constructor(parts: ChangeParts) {
    this.#parts = parts;
    this.#off = [
      parts.events.on('catalog:changed', ({ changes }) => this.#changed(changes)),
      parts.events.on('entry:changed', ({ entry }) => this.#changed([{ kind: 'changed', path: entry.path }])),
    ];
  }

  /**
   * Runs an edit of these paths that the kernel has asked for. What the catalog announces of them meanwhile is no news:
   * the kernel changes what it knows itself, once it is told that the edit went well.
   */
  async own(paths: readonly string[], edit: () => Promise<void>): Promise<void> {
    for (const path of paths) this.#own.add(path);
    try {
      await edit();
    } finally {
      for (const path of paths) this.#own.delete(path);
    }
  }

  /** Hears no more. */
  end(): void {
    for (const off of this.#off) off();
  }

  #changed(changes: readonly Pick<CatalogChange, 'kind' | 'path'>[]): void {
    const { nodes } = this.#parts;
    let folder: string | undefined;
    let parent: Node | undefined;
    for (const { kind, path } of changes) {
      const end = path.lastIndexOf('/');
      // Many changes of one folder come in a row: its way is looked for once.
      if (folder === undefined || path.slice(0, end) !== folder) {
        folder = path.slice(0, end);
        parent = nodes.find(path)?.parent;
      }
      if (parent !== undefined && end + 1 < path.length) this.#changedIn(parent, path.slice(end + 1), { kind, path });
    }
  }

  #changedIn(parent: Node, name: string, { kind, path }: Pick<CatalogChange, 'kind' | 'path'>): void {
    const { nodes, missing, notices } = this.#parts;
    const node = parent.children.get(name);
    if (kind === 'changed') {
      if (node === undefined) return;
      node.hasBadPages = true;
      notices.node(node);
      return;
    }
    parent.listingKept = false;
    if (this.#own.has(path)) return;
    const isBelievedMissing = missing.take(parent, name);
    if (node !== undefined) {
      nodes.detach(node);
      nodes.dropUnused(node);
    }
    if (node !== undefined || isBelievedMissing) notices.name(parent, name);
    notices.node(parent);
  }
}
