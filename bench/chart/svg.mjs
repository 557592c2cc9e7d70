/** Colours of the chart. */
export const ink = {
  paper: '#ffffff',
  text: '#1f2328',
  quiet: '#59636e',
  line: '#d1d9e0',
  ours: '#0969da',
  peer: '#d4852b',
  limit: '#afb8c1',
};

const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text, safe inside an element or attribute. */
const safe = (text) => String(text).replace(/[&<>"]/g, (char) => entities[char]);

const attributes = (values) =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${safe(typeof value === 'number' ? Math.round(value * 100) / 100 : value)}"`)
    .join('');

/** A line of text; `y` is its base line. */
export function text(x, y, words, { size = 12, fill = ink.text, weight = 400, anchor = 'start' } = {}) {
  const at = attributes({ x, y, 'font-size': size, fill, 'font-weight': weight, 'text-anchor': anchor });
  return `<text${at}>${safe(words)}</text>`;
}

/** A filled rectangle. */
export function box(x, y, width, height, fill, more = {}) {
  return `<rect${attributes({ x, y, width, height, fill, ...more })}/>`;
}

/** A thin line across. */
export function rule(x, y, width) {
  return box(x, y, width, 1, ink.line);
}

/** The whole picture. */
export function picture({ width, height, title, parts }) {
  const font = 'font-family="system-ui, -apple-system, \'Segoe UI\', Helvetica, Arial, sans-serif"';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ${font} role="img">`,
    `<title>${safe(title)}</title>`,
    box(0, 0, width, height, ink.paper),
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}
