import { buildApplication, buildRouteMap } from '@stricli/core';
import { backupRoutes } from './commands/backup.ts';
import { checkCommand } from './commands/check.ts';
import { demoCommand } from './commands/demo.ts';
import { inputCommand } from './commands/input.ts';
import {
  approveCommand,
  cancelCommand,
  pauseCommand,
  rejectCommand,
  resumeCommand,
  retryCommand,
  switchedCommand,
  withoutCommand,
} from './commands/messages.ts';
import { cleanCommand, leaksCommand } from './commands/leaks.ts';
import { migrateCommand } from './commands/migrate.ts';
import { planCommand } from './commands/plan.ts';
import { listCommand, unfenceCommand } from './commands/runs.ts';
import { sandboxRoutes } from './commands/sandbox.ts';
import { statusCommand } from './commands/status.ts';
import { workerCommand } from './commands/worker.ts';
import type { AppContext } from './context.ts';
import { readVersion } from './version.ts';

const routes = buildRouteMap<string, AppContext>({
  routes: {
    check: checkCommand,
    plan: planCommand,
    migrate: migrateCommand,
    status: statusCommand,
    approve: approveCommand,
    reject: rejectCommand,
    pause: pauseCommand,
    resume: resumeCommand,
    cancel: cancelCommand,
    retry: retryCommand,
    without: withoutCommand,
    switched: switchedCommand,
    leaks: leaksCommand,
    clean: cleanCommand,
    unfence: unfenceCommand,
    list: listCommand,
    backup: backupRoutes,
    input: inputCommand,
    worker: workerCommand,
    sandbox: sandboxRoutes,
    demo: demoCommand,
  },
  docs: {
    brief: 'Online migration of HBase tables as durable Temporal workflows',
    fullDescription:
      'Moves tables between HBase clusters while writers keep writing: never an acknowledged write lost, never a ' +
      'cutover on unproven data.\n\nFirst: temporal-hbase demo. Then: check, plan, migrate, status --watch, approve.',
  },
});

/** The command tree. Everything outside arrives through the context, so a test runs it whole. */
export const app = buildApplication<AppContext>(routes, {
  name: 'temporal-hbase',
  versionInfo: { currentVersion: readVersion() },
  scanner: { caseStyle: 'allow-kebab-for-camel' },
  documentation: {
    caseStyle: 'convert-camel-to-kebab',
    useAliasInUsageLine: false,
    onlyRequiredInUsageLine: true,
  },
  determineExitCode: () => 70,
});
