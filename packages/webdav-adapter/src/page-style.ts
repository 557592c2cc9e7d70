import { createHash } from 'node:crypto';

/** The look of every page. System fonts, no external request, light and dark by the viewer's own setting. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --paper: #fff; --band: #f6f7f9; --line: #e4e7ec; --ink: #1a1d23; --quiet: #626b7a; --accent: #2056c7; --folder: #d08a1d;
}
@media (prefers-color-scheme: dark) {
  :root { --paper: #15181d; --band: #1c2027; --line: #2b313b; --ink: #e7eaf0; --quiet: #98a1b1; --accent: #85b0ff; --folder: #e5ad55; }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif;
}
.page { max-width: 64rem; margin: 0 auto; padding: clamp(1rem, 4vw, 3rem) clamp(1rem, 4vw, 2rem); }
a { color: var(--accent); text-decoration: none; text-underline-offset: .2em; }
a:hover { text-decoration: underline; }
a:focus-visible, video:focus-visible, audio:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; border-radius: .25rem; }
h1 { margin: .25rem 0 1.5rem; font-size: clamp(1.35rem, 1.1rem + 1.2vw, 1.9rem); line-height: 1.25; font-weight: 650; letter-spacing: -.012em; overflow-wrap: anywhere; }
.trail { font-size: .9rem; color: var(--quiet); }
.trail ol { display: flex; flex-wrap: wrap; gap: .1rem .45rem; margin: 0; padding: 0; list-style: none; }
.trail li { overflow-wrap: anywhere; }
.trail li + li::before { content: "/"; margin-right: .45rem; color: var(--quiet); opacity: .6; }
table { width: 100%; border-collapse: collapse; }
th {
  position: sticky; top: 0; z-index: 1; padding: .55rem .75rem; background: var(--band); color: var(--quiet);
  font-size: .8rem; font-weight: 600; text-align: left; box-shadow: inset 0 -1px var(--line);
}
th:first-child { border-radius: .5rem 0 0 0; }
th:last-child { border-radius: 0 .5rem 0 0; }
td { padding: 0 .75rem; border-bottom: 1px solid var(--line); vertical-align: middle; }
tbody tr:hover { background: var(--band); }
.name { width: 100%; }
.name a { display: flex; align-items: center; gap: .7rem; padding: .6rem 0; color: var(--ink); }
.name span { overflow-wrap: anywhere; }
.icon { flex: none; width: 1.25rem; height: 1.25rem; fill: none; stroke: var(--quiet); stroke-width: 1.6; stroke-linecap: round; stroke-linejoin: round; }
.folder .icon { stroke: var(--folder); fill: color-mix(in srgb, var(--folder) 18%, transparent); }
.media .icon { stroke: var(--accent); }
td.number, td.date { font-size: .9rem; color: var(--quiet); font-variant-numeric: tabular-nums; }
.number, .date { white-space: nowrap; }
.number, th.number { text-align: right; }
.save { padding: 0 .35rem; }
.save a { display: grid; place-items: center; width: 2.25rem; height: 2.25rem; border-radius: .4rem; }
.save a:hover { background: color-mix(in srgb, var(--accent) 14%, transparent); }
.save .icon { stroke: var(--quiet); }
.save a:hover .icon { stroke: var(--accent); }
.note { margin: 1rem .75rem 0; font-size: .9rem; color: var(--quiet); }
.empty { margin: 0; padding: 3rem 1rem; border: 1px dashed var(--line); border-radius: .75rem; text-align: center; color: var(--quiet); }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.stage { display: block; width: 100%; max-height: 72vh; border-radius: .75rem; background: #000; aspect-ratio: 16 / 9; }
audio { display: block; width: 100%; }
.facts { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1.25rem; margin: 1.25rem 0 0; color: var(--quiet); font-size: .9rem; }
.button { padding: .5rem 1rem; border-radius: .5rem; background: var(--accent); color: var(--paper); font-weight: 600; }
.button:hover { text-decoration: none; filter: brightness(1.1); }
@media (max-width: 40rem) { .date { display: none; } td, th { padding-inline: .4rem; } .name a { gap: .5rem; } .note { margin-inline: .4rem; } }
@media print { .save, th.save { display: none; } th { position: static; } }
`;

const digest = createHash('sha256').update(pageStyle).digest('base64');

/** Allows this style, a player's own file and nothing else: no script, no other host, no frame around it. */
export const pagePolicy =
  `default-src 'none'; style-src 'sha256-${digest}'; img-src data:; media-src 'self'; ` +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
