// Writes the table of docs/benchmarks.md from saved rows: `node bench/fill-docs.mjs out.json more.json`.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { barText, format, verdict } from './table.mjs';

const doc = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url));
const begin = '<!-- measured: begin -->';
const end = '<!-- measured: end -->';

const rows = process.argv.slice(2).flatMap((file) => JSON.parse(readFileSync(file, 'utf8')));
if (rows.length === 0) {
  console.error('usage: node bench/fill-docs.mjs rows.json …');
  process.exit(2);
}

const cells = (values) => `| ${values.join(' | ')} |`;
const machine = `${cpus()[0]?.model ?? 'unknown'} x ${cpus().length}, Node ${process.version}`;
const table = [
  begin,
  `${new Date().toISOString().slice(0, 10)}, ${machine}. Made by \`bench/fill-docs.mjs\`.`,
  '',
  cells(['', 'profile', 'what', 'measured', 'floor', 'asked for', '', 'AltMount']),
  cells(['---', '---', '---', '---:', '---:', '---:', '---', '---:']),
  ...rows.map((row) =>
    cells([
      row.scenario,
      row.profile,
      row.metric,
      `${format(row.value)} ${row.unit}`.trim(),
      format(row.floor),
      barText(row.bar),
      verdict(row) === 'SHORT' ? '**short**' : verdict(row),
      format(row.altmount),
    ]),
  ),
  end,
].join('\n');

const text = readFileSync(doc, 'utf8');
const from = text.indexOf(begin);
const to = text.indexOf(end);
if (from < 0 || to < from) throw new Error(`${doc} has no place for the table`);
writeFileSync(doc, text.slice(0, from) + table + text.slice(to + end.length));
