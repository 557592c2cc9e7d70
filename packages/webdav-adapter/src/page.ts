import type { Entry } from '@newsreel/core';
import { pagePolicy, pageStyle } from './page-style.js';
import { encodeName } from './paths.js';
import { escapeText } from './xml.js';

/** Headers of every page. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': pagePolicy,
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'private, no-cache',
};

const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E%3Crect width='24' height='24' rx='6' fill='%232056c7'/%3E%3Cpath d='M9 7.5v9l7-4.5z' fill='%23fff'/%3E%3C/svg%3E";

/** Everything above the content: the way here, the name, the icons. */
export function pageTop(mount: string, entry: Entry): string {
  const title = escapeText(entry.name === '' ? 'Library' : entry.name);
  return (
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">' +
    '<meta name="viewport" content="width=device-width, initial-scale=1">' +
    `<meta name="robots" content="noindex"><title>${title}</title>` +
    `<link rel="icon" href="${icon}"><style>${pageStyle}</style></head><body>${symbols}<main class="page">` +
    `${trail(mount, entry)}<h1>${title}</h1>\n`
  );
}

/** Closes what {@link pageTop} opened. */
export const pageBottom = '</main></body></html>\n';

/** One of the icons the page defines. */
export function iconOf(name: 'folder' | 'file' | 'video' | 'audio' | 'save'): string {
  return `<svg class="icon" aria-hidden="true"><use href="#${name}"/></svg>`;
}

/** Links to every folder on the way, not to the page itself. */
function trail(mount: string, entry: Entry): string {
  const names = entry.path.split('/').filter((name) => name !== '');
  if (names.length === 0) return '';
  let href = `${mount}/`;
  let items = `<li><a href="${escapeText(href)}">Library</a></li>`;
  for (const name of names.slice(0, -1)) {
    href += `${encodeName(name)}/`;
    items += `<li><a href="${escapeText(href)}">${escapeText(name)}</a></li>`;
  }
  return `<nav class="trail" aria-label="Folders above"><ol>${items}</ol></nav>`;
}

const shapes: Readonly<Record<string, string>> = {
  folder: '<path d="M3 7a2 2 0 0 1 2-2h4l2.2 2.4H19a2 2 0 0 1 2 2V17a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z"/>',
  file: '<path d="M6 3h8l5 5v11a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2z"/><path d="M14 3v5h5"/>',
  video: '<rect x="3" y="5" width="18" height="14" rx="2.5"/><path d="M10.2 9v6l5-3z"/>',
  audio: '<circle cx="7" cy="17.5" r="2.8"/><circle cx="17" cy="15.5" r="2.8"/><path d="M9.8 17.5V6.2L19.8 4v11.5"/>',
  save: '<path d="M12 4v11"/><path d="m7 11 5 5 5-5"/><path d="M5 20h14"/>',
};

const symbols = `<svg width="0" height="0" aria-hidden="true" hidden>${Object.entries(shapes)
  .map(([name, shape]) => `<symbol id="${name}" viewBox="0 0 24 24">${shape}</symbol>`)
  .join('')}</svg>`;
