// Writes docs/troubleshooting.md from the failure table, so that the page and the codes cannot drift apart.
//   node scripts/generate-docs.mjs            writes it
//   node scripts/generate-docs.mjs --check    exits 1 when it is out of date
import { readFileSync, writeFileSync } from 'node:fs';
import { FAILURES } from '../workflows/contract/failures.ts';

const HEAD = `# Troubleshooting, by failure code

<!-- Generated from workflows/contract/failures.ts by scripts/generate-docs.mjs. Do not edit. -->

Every error has one of these codes. It stands at the start of the message of the command line, in the field \`type\` of
the failure in Temporal's Web UI, and in the status. The message says what failed, on which cluster, table and host, and
why. This page says what to do.

\`temporal-hbase status <workflow-id>\` shows what a migration waits for and since when, and \`temporal-hbase leaks\` what
runs have left on the clusters.
`;

const ACTORS = {
  user: 'whoever started it',
  operator: 'an operator of the clusters or of the worker',
  infra: 'nobody: it heals by itself when the cause is gone',
  maintainer: 'the maintainers of this project',
};

const RETRY = {
  true: 'The step is tried again, without limit.',
  false: 'It is not tried again by itself.',
};

function formatTroubleshooting() {
  const groups = Map.groupBy(Object.entries(FAILURES), ([code]) => code.split('.')[0]);
  const sections = [HEAD, formatSummary(), ...[...groups].map(([group, rows]) => formatGroup(group, rows))];
  return `${sections.join('\n').trimEnd()}\n`;
}

function formatSummary() {
  const exits = Map.groupBy(Object.entries(FAILURES), ([, { exit }]) => exit);
  const rows = [...exits].toSorted(([a], [b]) => a - b).map(([exit, kinds]) => formatExit(exit, kinds));
  const head = ['## Exit codes of the command line', '', '| exit code | failure codes |', '| --- | --- |'];
  const fixed = [
    '| 0 | it went well |',
    '| 1 | `demo`, `sandbox status` or `backup schedule apply`: the answer is no |',
  ];
  return [...head, ...fixed, ...rows, ''].join('\n');
}

function formatExit(exit, kinds) {
  return `| ${exit} | ${kinds.map(([code]) => `\`${code}\``).join(', ')} |`;
}

function formatGroup(group, rows) {
  return [`## ${group}`, '', ...rows.flatMap(formatFailure)].join('\n');
}

function formatFailure([code, { retry, actor, exit, hint }]) {
  return [`### \`${code}\``, '', hint, '', `Who acts: ${ACTORS[actor]}. ${RETRY[retry]} Exit code ${exit}.`, ''];
}

const page = new URL('../docs/troubleshooting.md', import.meta.url);
const text = formatTroubleshooting();

if (!process.argv.includes('--check')) writeFileSync(page, text);
else if (readFileSync(page, 'utf8') !== text) {
  console.error('docs/troubleshooting.md is out of date: run `node scripts/generate-docs.mjs`');
  process.exit(1);
}
