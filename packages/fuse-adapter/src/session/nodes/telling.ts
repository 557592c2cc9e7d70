import type { Entry } from '@newsreel/core';
import type { EntryReply } from '../../protocol/messages.js';
import { encodeEntry } from '../../protocol/reply.js';
import type { Answer } from '../answer.js';
import { attributesOf } from '../attributes/attributes-of.js';
import type { Service } from '../service.js';
import type { Node } from './node.js';

/**
 * What the kernel is told of an entry. What was found out before the latest change of the catalog (`isFresh` false) may be
 * overtaken already, and no notice would come: it is not to be remembered.
 */
export function entryReply(service: Service, node: Node, entry: Entry, isFresh: boolean): EntryReply {
  const { options, generation } = service;
  return {
    node: node.id,
    generation,
    entryValidMs: isFresh ? options.entryValidMs : 0,
    attributesValidMs: isFresh ? options.attributesValidMs : 0,
    attributes: attributesOf(service, node, entry),
  };
}

/** Answers with an entry found at a name, as of a revision of the catalog: one lookup for the kernel to forget. */
export function tell(service: Service, parent: Node, found: { entry: Entry; name: string; revision: number }): Answer {
  const { nodes, catalog } = service;
  let node: Node | undefined;
  return {
    errno: 0,
    message: (unique) => {
      node = nodes.place(parent, found.name, found.entry);
      const reply = entryReply(service, node, found.entry, catalog.revision === found.revision);
      return [encodeEntry(unique, reply)];
    },
    settled: (taken) => {
      if (node === undefined) return;
      if (taken) nodes.told(node);
      else nodes.dropUnused(node);
    },
  };
}
