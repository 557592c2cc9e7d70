import type { Entry } from '@newsreel/core';
import type { Call, DavResponse } from './call.js';
import { mediaKindOf } from './content.js';
import { humanSize } from './human.js';
import { pageBottom, pageHeaders, pageTop } from './page.js';
import { hrefOf } from './paths.js';
import { escapeText } from './xml.js';

/** A page with a player for one video or audio file: `?play`. */
export function playPage({ request }: Call, entry: Entry): DavResponse {
  const href = escapeText(hrefOf(request.mount, entry));
  const label = escapeText(entry.name);
  const player =
    mediaKindOf(entry.name) === 'video'
      ? `<video class="stage" controls autoplay playsinline preload="metadata" src="${href}" aria-label="${label}"></video>`
      : `<audio controls autoplay preload="metadata" src="${href}" aria-label="${label}"></audio>`;
  const facts =
    `<p class="facts"><a class="button" href="${href}" download>Download</a><span>${humanSize(entry.size)}</span>` +
    `<span>If your browser cannot play this format, open <a href="${href}">the address of the file</a> in VLC, mpv or Infuse.</span></p>`;
  return { status: 200, headers: pageHeaders, body: `${pageTop(request.mount, entry)}${player}${facts}${pageBottom}` };
}
