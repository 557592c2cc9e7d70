import type { Entry } from '@newsreel/core';
import { quoteEtag, secondsOf } from './conditional.js';
import { contentTypeOf } from './content.js';
import { escapeText } from './xml.js';

/** Everything the value of a property may depend on. */
export interface PropertyView {
  readonly entry: Entry;
  readonly locks: boolean;
}

/** The value as XML, or `undefined` when this entry has no such property. */
type PropertyValue = (view: PropertyView) => string | undefined;

/** Values an exclusive and a shared write lock are offered with (RFC 4918 section 15.10). */
const lockEntries = ['exclusive', 'shared']
  .map(
    (scope) => `<D:lockentry><D:lockscope><D:${scope}/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockentry>`,
  )
  .join('');

/** The live properties of RFC 4918 section 15 that a read-only server has. */
export const properties: ReadonlyMap<string, PropertyValue> = new Map<string, PropertyValue>([
  ['resourcetype', ({ entry }) => (entry.kind === 'folder' ? '<D:collection/>' : '')],
  ['displayname', ({ entry }) => escapeText(entry.name)],
  ['getcontentlength', ({ entry }) => ofFile(entry, () => String(entry.size))],
  ['getcontenttype', ({ entry }) => ofFile(entry, () => escapeText(contentTypeOf(entry.name)))],
  ['getetag', ({ entry }) => ofFile(entry, () => escapeText(quoteEtag(entry.etag)))],
  ['getlastmodified', ({ entry }) => dated(entry, (date) => date.toUTCString())],
  ['creationdate', ({ entry }) => dated(entry, (date) => `${date.toISOString().slice(0, 19)}Z`)],
  ['supportedlock', ({ locks }) => (locks ? lockEntries : '')],
  ['lockdiscovery', () => ''],
]);

function ofFile(entry: Entry, value: () => string): string | undefined {
  return entry.kind === 'file' ? value() : undefined;
}

function dated(entry: Entry, format: (date: Date) => string): string | undefined {
  const seconds = secondsOf(entry.modifiedMs);
  return seconds === undefined ? undefined : format(new Date(seconds * 1000));
}
