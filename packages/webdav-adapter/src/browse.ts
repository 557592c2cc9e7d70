import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Entry } from '@newsreel/core';
import { openBodyStream } from './body-stream.js';
import type { Call, DavResponse } from './call.js';
import { mediaKindOf } from './content.js';
import { count, humanDate, humanSize } from './human.js';
import { iconOf, pageBottom, pageHeaders, pageTop } from './page.js';
import { encodeName, hrefOf } from './paths.js';
import { toLeases } from './text-leases.js';
import { escapeText } from './xml.js';

/** Folders up to this many entries are sorted as people expect; larger ones are shown as the catalog lists them. */
const sortedEntries = 2000;
const pieceLength = 32 * 1024;
const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** The page about a folder, for browsers. */
export async function browse({ request, catalog }: Call, folder: Entry): Promise<DavResponse> {
  const { signal, mount } = request;
  const pieces = page(mount, folder, catalog.list(folder.path, { signal }));
  return { status: 200, headers: pageHeaders, body: await openBodyStream(() => toLeases(pieces), { signal }) };
}

async function* page(
  mount: string,
  folder: Entry,
  entries: AsyncIterable<Entry>,
): AsyncGenerator<string, void, undefined> {
  const href = hrefOf(mount, folder);
  const totals = { folders: 0, files: 0, bytes: 0 };
  let piece = pageTop(mount, folder);
  for await (const entry of foldersFirst(entries)) {
    if (totals.folders + totals.files === 0) piece += tableTop;
    if (entry.kind === 'folder') totals.folders++;
    else totals.files++;
    totals.bytes += entry.size;
    piece += row(href, entry);
    if (piece.length < pieceLength) continue;
    yield piece;
    piece = '';
    await nextTurn();
  }
  yield `${piece}${footer(totals)}${pageBottom}`;
}

/** Sorts what fits into a bounded buffer; beyond that the order of the catalog is kept. */
async function* foldersFirst(entries: AsyncIterable<Entry>): AsyncGenerator<Entry, void, undefined> {
  const buffer: Entry[] = [];
  let overflown = false;
  for await (const entry of entries) {
    if (!overflown && buffer.length < sortedEntries) {
      buffer.push(entry);
      continue;
    }
    if (!overflown) yield* buffer;
    overflown = true;
    yield entry;
  }
  if (!overflown) yield* buffer.sort(byKindAndName);
}

function byKindAndName(left: Entry, right: Entry): number {
  if (left.kind !== right.kind) return left.kind === 'folder' ? -1 : 1;
  return collator.compare(left.name, right.name);
}

const tableTop =
  '<table><thead><tr><th scope="col">Name</th><th scope="col" class="number">Size</th>' +
  '<th scope="col" class="date">Modified (UTC)</th><th scope="col" class="save"><span class="spoken">Download</span></th>' +
  '</tr></thead><tbody>\n';

function row(folderHref: string, entry: Entry): string {
  const media = entry.kind === 'file' ? mediaKindOf(entry.name) : undefined;
  const href = escapeText(`${folderHref}${encodeName(entry.name)}${entry.kind === 'folder' ? '/' : ''}`);
  const name = escapeText(entry.name);
  const kind = entry.kind === 'folder' ? 'folder' : media === undefined ? 'plain' : 'media';
  const symbol = iconOf(entry.kind === 'folder' ? 'folder' : (media ?? 'file'));
  const open = media === undefined ? href : `${href}?play`;
  const size =
    entry.kind === 'folder'
      ? ''
      : `<span title="${entry.size.toLocaleString('en')} bytes">${humanSize(entry.size)}</span>`;
  const date = humanDate(entry.modifiedMs);
  const time = date === undefined ? '' : `<time datetime="${date.exact}">${date.short}</time>`;
  const save =
    entry.kind === 'folder' ? '' : `<a href="${href}" download aria-label="Download ${name}">${iconOf('save')}</a>`;
  return (
    `<tr class="${kind}"><td class="name"><a href="${open}">${symbol}<span>${name}</span></a></td>` +
    `<td class="number">${size}</td><td class="date">${time}</td><td class="save">${save}</td></tr>\n`
  );
}

function footer({ folders, files, bytes }: { folders: number; files: number; bytes: number }): string {
  if (folders + files === 0) return '<p class="empty">This folder is empty.</p>\n';
  const parts: string[] = [];
  if (folders > 0) parts.push(count(folders, 'folder'));
  if (files > 0) parts.push(`${count(files, 'file')}, ${humanSize(bytes)}`);
  return `</tbody></table><p class="note">${parts.join(' · ')}</p>\n`;
}
