// Draws the last full run for the docs: `npm run bench -- --chart [--json rows.json]`.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { machineText } from '../raw/machine.mjs';
import { drawChart } from './draw.mjs';
import { machineOf } from './groups.mjs';

/** Rows of the last full run. */
export const resultsFile = fileURLToPath(new URL('../results/latest.json', import.meta.url));
const folder = fileURLToPath(new URL('../../docs/assets/', import.meta.url));

/** Writes docs/assets/benchmarks.svg from a file of rows; returns its path. */
export function writeChart(json = resultsFile) {
  if (!existsSync(json)) throw new Error(`there is no ${json}: npm run bench -- --json ${json}`);
  const rows = JSON.parse(readFileSync(json, 'utf8'));
  const now = { date: new Date().toISOString().slice(0, 10), machine: machineText() };
  const file = `${folder}benchmarks.svg`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, drawChart(rows, machineOf(rows) ?? now));
  return file;
}
