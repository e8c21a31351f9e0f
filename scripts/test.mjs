// Everything that proves the product, in one command: first the static checks, then every layer of tests. Each layer
// runs even when one before it failed; the last line counts over all of them.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** In order of cost. Minutes are outer limits, far above what each needs: see the time budget in CONTRIBUTING. */
const LAYERS = [
  ['unit', 10],
  ['workflows', 20],
  ['schedules', 10],
  ['replay', 6],
  ['ssh', 6],
  ['e2e', 60],
];

/** Only when named: `npm run matrix`. */
const MATRIX = ['matrix', 80];

const scratch = mkdtempSync(join(tmpdir(), 'temporal-hbase-test-'));
const chosen = process.argv.slice(2);
const totals = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const secondAttempts = [];

/**
 * A line for each failure, and for each test that passed at its second attempt only, for the end of the output: a log
 * that is cut off keeps its end.
 */
function listFailures({ testResults }, project) {
  const toLine = (where, message = '') =>
    `${project}: ${where}: ${stripVTControlCharacters(message).replaceAll(/\s+/g, ' ').slice(0, 500)}`;
  for (const { name, status, message, assertionResults } of testResults) {
    const file = relative(process.cwd(), name);
    for (const { fullName, status: outcome, failureMessages } of assertionResults) {
      const line = toLine(`${file} > ${fullName}`, failureMessages?.[0]);
      if (outcome === 'failed') failures.push(line);
      else if (outcome === 'passed' && failureMessages?.length > 0) secondAttempts.push(line);
    }
    if (status === 'failed' && assertionResults.every((test) => test.status !== 'failed')) {
      failures.push(toLine(file, message));
    }
  }
}

function countLayer(file, ok, project) {
  const report = JSON.parse(readFileSync(file, 'utf8'));
  listFailures(report, project);
  totals.passed += report.numPassedTests;
  totals.failed += report.numFailedTests;
  totals.skipped += report.numPendingTests + (report.numTodoTests ?? 0);
  // A suite that could not be loaded has no failed test of its own.
  if (!ok && report.numFailedTests === 0) totals.failed += Math.max(1, report.numFailedTestSuites);
}

function runLayer([project, minutes]) {
  const startedAt = Date.now();
  const file = join(scratch, `${project}.json`);
  console.log(`\n=== ${project}`);
  const args = ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const run = spawnSync('vitest', args, { stdio: 'inherit', timeout: minutes * 60_000 });
  const ok = run.status === 0;
  try {
    countLayer(file, ok, project);
  } catch (error) {
    console.error(
      `${project}: no report (${run.error?.message ?? run.signal ?? `exit ${run.status}`}): ${error.message}`,
    );
    totals.failed += 1;
  }
  console.log(`=== ${project}: ${ok ? 'ok' : 'FAILED'} in ${((Date.now() - startedAt) / 1000).toFixed(0)} s`);
}

if (chosen.length === 0) {
  const check = spawnSync(process.execPath, ['scripts/check.mjs'], { stdio: 'inherit', timeout: 20 * 60_000 });
  totals[check.status === 0 ? 'passed' : 'failed'] += 1;
}
for (const layer of [...LAYERS, MATRIX]) {
  if (chosen.length === 0 ? layer !== MATRIX : chosen.includes(layer[0])) runLayer(layer);
}

rmSync(scratch, { recursive: true, force: true });
for (const line of secondAttempts) console.log(`SECOND ATTEMPT ${line}`);
for (const line of failures) console.log(`FAILED ${line}`);
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exit(totals.failed === 0 && totals.passed > 0 ? 0 : 1);
