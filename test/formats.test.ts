import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('docs/formats.md lists what the acceptance tests hold the engine to', () => {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const said = execFileSync(process.execPath, ['scripts/formats.mjs', '--check'], { cwd: root, encoding: 'utf8' });
  expect(said).toContain('up to date');
});
