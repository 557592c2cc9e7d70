// Writes the tables of docs/formats.md from the shapes that the acceptance tests hold the engine to. With --check it only
// says whether they are what is written.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = `${root}docs/formats.md`;
const shapes = await shapesOf(`${root}packages/core/test/acceptance/shapes.ts`);

const tables = {
  ...Object.fromEntries(Object.entries(shapes.opening).map(([title, list]) => [title, opening(list)])),
  refused: table(
    ['posted as', '`code`', '`reason`', 'why'],
    shapes.refused.map(({ name, refusal: [code, reason], why }) => [name, `\`${code}\``, `\`${reason}\``, why]),
  ),
  broken: table(
    ['what is wrong', 'what is seen'],
    shapes.broken.map(({ name, seen }) => [name, seen]),
  ),
};

const before = readFileSync(page, 'utf8');
const missing = new Set(Object.keys(tables));
const after = before.replace(/<!-- table: (.+?) -->\n[\s\S]*?<!-- end -->/g, (_all, title) => {
  missing.delete(title);
  if (tables[title] === undefined) throw new Error(`there is no table ${title}`);
  return `<!-- table: ${title} -->\n${tables[title]}\n<!-- end -->`;
});
if (missing.size > 0) throw new Error(`docs/formats.md has no place for ${[...missing].join(', ')}`);
if (before === after) console.log('docs/formats.md is up to date');
else if (process.argv.includes('--check')) {
  console.error('docs/formats.md is stale: run node scripts/formats.mjs');
  process.exitCode = 1;
} else writeFileSync(page, after);

/** The shapes import nothing but types, so they need no build. */
async function shapesOf(path) {
  const { outputText } = ts.transpileModule(readFileSync(path, 'utf8'), {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  return import(`data:text/javascript,${encodeURIComponent(outputText)}`);
}

function opening(list) {
  return table(
    ['posted as', 'articles before it opens', 'round trips'],
    list.map(({ name, articles, rounds }) => [name, said(articles), rounds ?? '']),
  );
}

function said(articles) {
  if (articles === 'each') return 'one of each file';
  return articles === 'two of each' ? 'two of each file' : articles;
}

function table(heads, rows) {
  return [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
