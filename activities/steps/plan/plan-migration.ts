import {
  type Finding,
  findBlocking,
  type MigrationPlan,
  type MigrationRequest,
} from '../../../workflows/contract/plan.ts';
import type { PlanMigrationInput } from '../../../workflows/contract/step-data.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import { buildPlan } from './build-plan.ts';
import { checkRequest, refuse } from './check-request.ts';
import { runPreflight } from './preflight/run-preflight.ts';
import { readPreflightFacts } from './read-facts.ts';
import { resolveTables } from './resolve-tables.ts';

/** Answers with all reasons at once, or with the plan. Writes nothing but probe files that it removes. */
export const planMigration = defineActivity<'planMigration'>({
  name: 'planMigration',
  kind: 'change',
  summary: 'check both clusters and mint every name',
  run: plan,
});

async function plan(
  { request: input, workflowId, isPreview }: PlanMigrationInput,
  world: StepWorld,
): Promise<MigrationPlan> {
  const { inventory } = world.deps;
  const request = checkRequest(input, inventory);
  const tables = await resolve(request, world);
  const stagingRoot = inventory.storageRoots.get(request.copy.staging ?? '')?.uri;
  const place = stagingRoot === undefined ? {} : { stagingRoot };
  const facts = await readPreflightFacts({ request, tables, ...place }, world);
  const findings = runPreflight(facts);
  if (isPreview !== true || findings.some(({ level }) => level === 'error')) requireAccepted(findings, request);
  const { deps } = world;
  return buildPlan({
    ...place,
    request,
    facts,
    findings,
    inventory,
    workflowId,
    runId: deps.mintId(),
    nowMs: deps.nowMs(),
  });
}

async function resolve(request: MigrationRequest, { deps, ctx }: StepWorld): Promise<string[]> {
  // Both are asked, so that both agents start at the same time; what is on the target is read with its facts.
  const clusters = await Promise.all([deps.cluster(request.source), deps.cluster(request.target)]);
  const [existing = []] = await Promise.all(clusters.map((cluster) => cluster.listTables()));
  ctx.progress({ phase: `listed tables of ${request.source}` });
  const { tables, problems } = resolveTables(request.tables, { existing, cluster: request.source });
  refuse(problems);
  return tables;
}

function requireAccepted(findings: Finding[], { acceptWarnings, source, target }: MigrationRequest): void {
  const blocking = findBlocking(findings, acceptWarnings);
  if (blocking.length === 0) return;
  const lines = blocking.map(({ level, code, message, fix }) => `- ${level} ${code}: ${message} ${fix}`);
  const warnings = [...new Set(blocking.filter(({ level }) => level === 'warn').map(({ code }) => code))];
  const accept = warnings.length > 0 ? [`To accept the warnings: "acceptWarnings": ${JSON.stringify(warnings)}`] : [];
  throw new Failure(
    'preflight.failed',
    [`${source} → ${target} cannot be migrated as it is:`, ...lines, ...accept].join('\n'),
    {},
    {
      problems: blocking.map(({ code, table, cluster, message, fix }) => ({
        field: [code, table ?? cluster].join(' ').trim(),
        message,
        fix,
      })),
    },
  );
}
