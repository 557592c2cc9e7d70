// Runs every check after the unit tests, each within its time budget, and ends with the plain line `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const report = (name) => `${root}.cache/reports/${name}.json`;

/** In order of speed, so that the cheap mistakes show first. `minutes` is a budget: a step that takes longer has failed. */
const steps = [
  { name: 'lint', minutes: 1, command: ['npm', 'run', '--silent', 'lint'] },
  { name: 'types', minutes: 2, command: ['npm', 'run', '--silent', 'types'] },
  { name: 'build', minutes: 3, command: ['npm', 'run', '--silent', 'build'] },
  { name: 'wasm is what its source compiles to', minutes: 2, command: ['node', 'scripts/build-wasm.mjs', '--check'] },
  { name: 'publint and attw', minutes: 3, command: ['npm', 'run', '--silent', 'check:packages'] },
  { name: 'docs', minutes: 3, command: ['npm', 'run', '--silent', 'docs'] },
  { name: 'examples', minutes: 3, command: ['npm', 'run', '--silent', 'examples'] },
  { name: 'install system test peers', minutes: 8, command: ['bash', 'test/system/install.sh'] },
  {
    name: 'yEnc against the native addon',
    minutes: 2,
    command: ['npx', 'vitest', 'run', '--project', 'nntp', 'packages/nntp/test/yenc'],
    env: { YENCODE_PATH: `${root}.cache/tools/node_modules/yencode` },
  },
  { name: 'system tests', minutes: 15, command: ['npm', 'run', '--silent', 'test:system'], report: 'system' },
  { name: 'bench smoke', minutes: 3, command: ['npm', 'run', '--silent', 'bench', '--', '--smoke'] },
];

let passed = 0;
let failed = 0;
const lines = [];

function count(name, ok, seconds) {
  if (ok) passed++;
  else failed++;
  lines.push(`${ok ? 'ok  ' : 'FAIL'} ${name}${seconds === undefined ? '' : ` (${seconds.toFixed(0)} s)`}`);
}

function countTests(name) {
  if (!existsSync(report(name))) {
    count(`${name} tests left no report`, false);
    return;
  }
  const result = JSON.parse(readFileSync(report(name), 'utf8'));
  passed += result.numPassedTests;
  failed += result.numFailedTests;
  lines.push(
    `     ${name} tests: ${result.numPassedTests} passed, ${result.numFailedTests} failed, ${result.numPendingTests} skipped`,
  );
}

count('npm ci && npm test', process.argv[2] === '0');
countTests('unit');

for (const step of steps) {
  console.log(`\n── ${step.name}`);
  const started = Date.now();
  const [program, ...args] = step.command;
  const result = spawnSync(program, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: step.minutes * 60_000,
    env: { ...process.env, ...step.env, ...(step.report ? { NEWSREEL_TEST_REPORT: report(step.report) } : {}) },
  });
  count(step.name, result.status === 0, (Date.now() - started) / 1000);
  if (step.report) countTests(step.report);
}

console.log(`\n${lines.join('\n')}\n`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
