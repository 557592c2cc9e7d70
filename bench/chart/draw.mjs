import { format } from '../table.mjs';
import { sectionsOf } from './groups.mjs';
import { box, ink, picture, rule, text } from './svg.mjs';

const width = 900;
const margin = 24;
const gutter = 32;
const columnWidth = (width - 2 * margin - gutter) / 2;
/** Room for the name of a bar, and for its number behind it. */
const labelWidth = 116;
const valueWidth = 64;
const barHeight = 13;
const barPitch = 18;
const groupHead = 20;
const groupGap = 14;

const shown = (value) => (value >= 10_000 ? Math.round(value).toLocaleString('en') : format(value));

/** Draws rows as one picture. `about` is when and on what they were measured. */
export function drawChart(rows, about) {
  const parts = [];
  let y = header(parts);
  for (const section of sectionsOf(rows)) y = drawSection(parts, section, y);
  y = footer(parts, about, y);
  return picture({ width, height: y, title: 'Newsreel benchmarks', parts });
}

function header(parts) {
  parts.push(text(margin, 42, 'Newsreel, measured', { size: 22, weight: 600 }));
  const legend = [
    ['ours', 'Newsreel'],
    ['peer', 'AltMount as published, nzbget in the same run'],
    ['limit', 'what link or machine allow'],
  ];
  let x = margin;
  for (const [kind, words] of legend) {
    parts.push(box(x, 58, 12, 12, ink[kind], { rx: 2 }), text(x + 18, 68.5, words, { fill: ink.quiet }));
    x += 42 + words.length * 6.4;
  }
  return 88;
}

function drawSection(parts, { title, columns }, top) {
  let y = top + 12;
  parts.push(rule(margin, y, width - 2 * margin), text(margin, y + 26, title, { size: 16, weight: 600 }));
  y += 36;
  if (columns.some((column) => column.title !== undefined)) {
    columns.forEach(({ title: words = '' }, at) => {
      parts.push(text(columnX(at), y + 10, words, { size: 12.5, fill: ink.quiet }));
    });
    y += 20;
  }
  // Groups that stand side by side start on one line.
  const lines = Math.max(...columns.map(({ groups }) => groups.length));
  for (let line = 0; line < lines; line++) {
    const groups = columns.map((column) => column.groups[line]);
    groups.forEach((group, at) => {
      if (group !== undefined) drawGroup(parts, group, columnX(at), y);
    });
    y += Math.max(...groups.map((group) => (group === undefined ? 0 : heightOf(group))));
  }
  return y;
}

const columnX = (at) => margin + at * (columnWidth + gutter);

const heightOf = ({ bars }) => groupHead + bars.length * barPitch + groupGap;

function drawGroup(parts, { title, unit, better, bars }, x, top) {
  parts.push(text(x, top + 13, title, { size: 12.5, weight: 600 }));
  const hint = `${unit}, ${better} is better`;
  parts.push(text(x + columnWidth, top + 13, hint, { size: 11, fill: ink.quiet, anchor: 'end' }));
  const longest = Math.max(...bars.map(({ value }) => value));
  const room = columnWidth - labelWidth - valueWidth;
  bars.forEach(({ kind, label, value }, at) => {
    const y = top + groupHead + at * barPitch;
    const length = Math.max(1.5, longest > 0 ? (value / longest) * room : 0);
    const ours = kind === 'ours';
    parts.push(
      text(x + labelWidth - 8, y + 10.5, label, { anchor: 'end', fill: ours ? ink.text : ink.quiet }),
      box(x + labelWidth, y, length, barHeight, ink[kind], { rx: 2 }),
      text(x + labelWidth + length + 6, y + 10.5, shown(value), { weight: ours ? 600 : 400 }),
    );
  });
}

function footer(parts, { date, machine }, top) {
  const lines = [
    `${date}, ${machine}. Server and client share the machine.`,
    'AltMount: figures its author published (September 2026), on another machine; the rate of the slow link is derived from them.',
    'GB and MB are 10^9 and 10^6 bytes; of the wire where nothing is simulated, else of the file.',
  ];
  parts.push(rule(margin, top + 8, width - 2 * margin));
  lines.forEach((line, at) => {
    parts.push(text(margin, top + 28 + at * 16, line, { size: 11, fill: ink.quiet }));
  });
  return top + 28 + lines.length * 16 + 8;
}
