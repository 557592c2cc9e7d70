import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The code blocks of a page that are whole programs: those that import something. */
function programs(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/```ts\n([\s\S]*?)```/g)]
    .map((match) => match[1] ?? '')
    .filter((code) => code.includes('import {'));
}

/** What the compiler says about a program, as if it were a file of this repository. */
function complaints(code: string): string[] {
  const path = join(root, 'test', 'snippet.ts');
  const base = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(base.config, ts.sys, root);
  const strict = { ...options, noEmit: true, noUncheckedIndexedAccess: false, noUnusedLocals: false };
  const host = ts.createCompilerHost(strict);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => name === path || fileExists.call(host, name);
  host.getSourceFile = (name, ...rest) =>
    name === path
      ? ts.createSourceFile(name, code, ts.ScriptTarget.ES2022, true)
      : getSourceFile.call(host, name, ...rest);
  const program = ts.createProgram([path], strict, host);
  const file = program.getSourceFile(path);
  return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map((found) =>
    ts.flattenDiagnosticMessageText(found.messageText, '\n'),
  );
}

describe('README', () => {
  it('shows a program that compiles', () => {
    const [quickStart] = programs('README.md');
    expect(quickStart).toBeDefined();
    expect(complaints(quickStart ?? '')).toEqual([]);
    expect(complaints("import { nothingOfTheKind } from '@newsreel/core';")).toHaveLength(1);
  });

  it('links to files that exist', () => {
    for (const page of [
      'README.md',
      'docs/getting-started.md',
      'docs/mounting.md',
      'docs/formats.md',
      'docs/make-releases.md',
      'docs/decisions/README.md',
    ]) {
      const text = readFileSync(join(root, page), 'utf8');
      const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) => match[1] ?? '');
      for (const link of links)
        expect(() => readFileSync(join(root, page, '..', link)), `${page}: ${link}`).not.toThrow(/ENOENT/);
    }
  });

  it('names the commands that exist', () => {
    const scripts = Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts);
    const text = readFileSync(join(root, 'README.md'), 'utf8') + readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
    const named = [...text.matchAll(/npm run ([\w:-]+)/g)].map((match) => match[1]);
    expect(named.filter((name) => !scripts.includes(String(name)))).toEqual([]);
  });
});
