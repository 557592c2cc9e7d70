import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const hardLines = 300;
const hardFunctionLines = 80;

/** A room imports only from rooms to its left. */
const coreRooms = [
  'model',
  'errors',
  'util',
  'nzb',
  'par2',
  'cache',
  'pool',
  'fetch',
  'files',
  'archive',
  'prefetch',
  'open',
  'catalog',
  'health',
  'repair',
  'import',
  'tuning',
  'engine',
  'testing',
];
const packages = ['core', 'nntp', 'webdav-adapter', 'fuse-adapter', 'metrics'];

interface SourceText {
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
  readonly imports: readonly string[];
}

function walk(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? walk(path) : [path];
  });
}

function sourcesOf(packageName: string): SourceText[] {
  const folder = join(root, 'packages', packageName, 'src');
  return existing(folder)
    .filter((path) => path.endsWith('.ts') && !path.includes(`${sep}generated${sep}`))
    .map((path) => {
      const text = readFileSync(path, 'utf8');
      const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
      return { path: relative(folder, path).split(sep).join('/'), text, tree, imports: importsOf(tree) };
    });
}

function existing(folder: string): string[] {
  try {
    return walk(folder);
  } catch {
    return [];
  }
}

function importsOf(tree: ts.SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier)
      found.push((node.moduleSpecifier as ts.StringLiteral).text);
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword && node.arguments[0])
      found.push((node.arguments[0] as ts.StringLiteral).text);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

const roomOf = (path: string) => (path.includes('/') ? (path.split('/')[0] as string) : '');
const target = (from: string, specifier: string) =>
  relative('/', resolve('/', from, '..', specifier))
    .split(sep)
    .join('/')
    .replace(/\.js$/, '.ts');

function functionLengths(file: SourceText): { name: string; lines: number }[] {
  const found: { name: string; lines: number }[] = [];
  const line = (position: number) => file.tree.getLineAndCharacterOfPosition(position).line;
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body) {
      const name = node.name && 'text' in node.name ? String(node.name.text) : '(anonymous)';
      found.push({ name, lines: line(node.end) - line(node.getStart()) + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(file.tree);
  return found;
}

function cycles(files: readonly SourceText[]): string[] {
  const graph = new Map(
    files.map((file) => [file.path, file.imports.filter((i) => i.startsWith('.')).map((i) => target(file.path, i))]),
  );
  const state = new Map<string, 'open' | 'done'>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === 'done') return;
    if (state.get(path) === 'open') {
      found.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
      return;
    }
    state.set(path, 'open');
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    state.set(path, 'done');
  };
  for (const path of graph.keys()) visit(path, []);
  return found;
}

describe('the house', () => {
  it('core rooms import only to their left', () => {
    const wrong = sourcesOf('core').flatMap((file) => {
      const room = roomOf(file.path);
      if (room === '') return [];
      if (!coreRooms.includes(room)) return [`${file.path}: unknown room`];
      return file.imports
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => roomOf(target(file.path, specifier)))
        .filter((other) => other !== room && coreRooms.indexOf(other) >= coreRooms.indexOf(room))
        .map((other) => `${file.path} imports ${other}`);
    });
    expect(wrong).toEqual([]);
  });

  it('core opens no sockets and pulls in no database', () => {
    const banned = /^node:(net|tls|http|https|http2|dgram|sqlite)$|^(pg|yaml)$/;
    const wrong = sourcesOf('core').flatMap((file) =>
      file.imports.filter((specifier) => banned.test(specifier)).map((specifier) => `${file.path}: ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  it('the model holds types only', () => {
    const wrong = sourcesOf('core')
      .filter((file) => roomOf(file.path) === 'model')
      .filter(
        (file) =>
          ts
            .transpileModule(file.text, {
              compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
            })
            .outputText.replace(/export \{\};?|export \* from .*|\s/g, '') !== '',
      )
      .map((file) => file.path);
    expect(wrong).toEqual([]);
  });

  it.each(packages)('%s: other packages are reached by name, adapters never reach each other', (name) => {
    const allowed = name === 'core' ? [] : ['@newsreel/core'];
    const wrong = sourcesOf(name).flatMap((file) =>
      file.imports
        .filter(
          (specifier) => specifier.startsWith('@newsreel/') && !allowed.some((prefix) => specifier.startsWith(prefix)),
        )
        .map((specifier) => `${file.path}: ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  it.each(packages)('%s has no circular imports', (name) => {
    expect(cycles(sourcesOf(name))).toEqual([]);
  });

  it.each(packages)('%s keeps files and functions small', (name) => {
    const wrong = sourcesOf(name).flatMap((file) => {
      const lines = file.text.split('\n').length;
      const long = functionLengths(file).filter((entry) => entry.lines > hardFunctionLines);
      return [
        ...(lines > hardLines ? [`${file.path}: ${lines} lines`] : []),
        ...long.map((entry) => `${file.path}: ${entry.name} has ${entry.lines} lines`),
      ];
    });
    expect(wrong).toEqual([]);
  });
});
