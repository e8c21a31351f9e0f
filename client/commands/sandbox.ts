import { buildRouteMap, type FlagParametersForType } from '@stricli/core';
import { downSandbox, readSandboxStatus, upSandbox, HBASE_PAIRS, type HBasePair } from '../../sandbox/index.ts';
import type { AppContext } from '../context.ts';
import { defineCommand } from '../define-command.ts';

interface FolderFlags {
  stateDir?: string;
}

interface UpFlags extends FolderFlags {
  pair?: HBasePair;
  regionServers?: number;
  multiwal?: boolean;
  yarn?: boolean;
}

const FOLDER_FLAGS: FlagParametersForType<FolderFlags, AppContext> = {
  stateDir: {
    kind: 'parsed',
    parse: String,
    brief: 'Folder of its data, logs and records',
    placeholder: 'folder',
    optional: true,
  },
};

/** Stricli shows the message beside the flag. */
function parseCount(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) throw new SyntaxError(`${text} is no whole number from 1 to 99`);
  return Number(text);
}

const upCommand = defineCommand<UpFlags>({
  brief: 'Start two HBase clusters, their gateways and a Temporal server on loopback',
  examples: ['temporal-hbase sandbox up', 'temporal-hbase sandbox up --pair 1.7.1:2.6.1 --region-servers 2'],
  flags: {
    ...FOLDER_FLAGS,
    pair: { kind: 'enum', values: HBASE_PAIRS, brief: 'HBase versions of source and target', optional: true },
    regionServers: {
      kind: 'parsed',
      parse: parseCount,
      brief: 'Region servers of each cluster',
      placeholder: 'count',
      optional: true,
    },
    multiwal: { kind: 'boolean', brief: 'Several WALs a server', optional: true, withNegated: false },
    yarn: { kind: 'boolean', brief: 'MapReduce on YARN', optional: true, withNegated: false },
  },
  async run({ flags, output }) {
    const { changed, cleared, description } = await upSandbox({
      ...flags,
      onProgress: (line) => output.note(line),
    });
    for (const what of cleared) output.note(`cleared ${what}, left by an earlier run`);
    output.document({ changed, ...description });
    output.line(changed ? 'the sandbox is up' : 'the sandbox runs already');
    output.line(`  web:      ${description.uiUrl}`);
    output.line(`  clusters: ${description.clustersFile}`);
    output.line(`  use it:   . ${description.envFile}`);
    output.line('  next:     temporal-hbase worker   (in another shell), then temporal-hbase check');
  },
});

const downCommand = defineCommand<FolderFlags>({
  brief: 'Stop the sandbox, or what is left of it, and remove its data',
  examples: ['temporal-hbase sandbox down'],
  flags: FOLDER_FLAGS,
  async run({ flags, output }) {
    const result = await downSandbox(flags);
    output.document(result);
    for (const what of result.stopped) output.line(`stopped ${what}`);
    output.line(result.changed ? 'the sandbox is down' : 'no sandbox was up');
  },
});

const statusCommand = defineCommand<FolderFlags>({
  brief: 'Say what of the sandbox runs',
  examples: ['temporal-hbase sandbox status --json'],
  flags: FOLDER_FLAGS,
  async run({ flags, output }) {
    const status = await readSandboxStatus(flags);
    output.document(status);
    output.line(`the sandbox is ${status.state}`);
    for (const { what, pid } of status.processes) output.line(`  ${what} (pid ${pid})`);
    return status.state === 'running' ? 0 : 1;
  },
});

export const sandboxRoutes = buildRouteMap<string, AppContext>({
  routes: { up: upCommand, down: downCommand, status: statusCommand },
  docs: { brief: 'Real clusters and a real Temporal server on this machine, to try things out' },
});
