const columns = ['scenario', 'profile', 'metric', 'value', 'unit', 'floor', 'bar', '', 'AltMount'];
const rightAligned = new Set(['value', 'floor', 'bar', 'AltMount']);

/** Prints rows beside what the profile allows, what is asked for, and what AltMount published. */
export function printTable(rows) {
  const lines = [columns, ...rows.map(cellsOf)];
  const widths = columns.map((_, at) => Math.max(...lines.map((cells) => cells[at].length)));
  for (const cells of lines) {
    const padded = cells.map((cell, at) =>
      rightAligned.has(columns[at]) ? cell.padStart(widths[at]) : cell.padEnd(widths[at]),
    );
    console.log(padded.join('  ').trimEnd());
  }
}

function cellsOf(row) {
  return [
    row.scenario,
    row.profile,
    row.metric,
    format(row.value),
    row.unit,
    format(row.floor),
    barText(row.bar),
    verdict(row),
    format(row.altmount),
  ];
}

/** `ok` or `SHORT` where a row has a bar; empty otherwise. */
export function verdict({ value, bar }) {
  if (bar === undefined) return '';
  return value <= (bar.most ?? Number.POSITIVE_INFINITY) && value >= (bar.least ?? Number.NEGATIVE_INFINITY)
    ? 'ok'
    : 'SHORT';
}

/** A bar in words. */
export function barText(bar) {
  if (bar === undefined) return '';
  return bar.most === undefined ? `>= ${format(bar.least)}` : `<= ${format(bar.most)}`;
}

/** A number with about three digits. */
export function format(value) {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'number') return String(value);
  if (value === 0) return '0';
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
