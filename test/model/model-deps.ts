import type { CommandCall, CommandResult, StepDeps } from '../../activities/deps.ts';
import type { ClusterConfig, Inventory, NamedCommand } from '../../activities/inventory/inventory.ts';
import { createRunRecords } from '../../activities/run-record/run-records.ts';
import { createLinkedCluster, createLinkedJobs, type Link } from './faults.ts';
import type { Random } from './random.ts';
import type { ModelWorld } from './world.ts';

/** Names of the modelled clusters file. */
export const SWITCH_COMMAND = 'switch-clients';
export const FENCE_COMMAND = 'fence-application';
export const STAGING_ROOT = 'staging';
export const BACKUP_ROOT = 'backups';

export interface ModelDepsOptions {
  world: ModelWorld;
  link: Link;
  random: Random;
  /** What the named commands do. */
  runCommand: (name: string, call: CommandCall) => Promise<CommandResult>;
  /** For tests on a real clock. */
  expiryGraceMs?: number;
  silentAfterMs?: number;
}

/** What steps reach the model through: one worker's link to it. */
export function createModelDeps(options: ModelDepsOptions): StepDeps {
  const { world, link, random, runCommand, expiryGraceMs, silentAfterMs } = options;
  const inventory = createModelInventory(world);
  const clusters = new Map(world.members.map(({ state, cluster }) => [state.name, createLinkedCluster(cluster, link)]));
  const jobs = new Map(world.members.map((member) => [member.state.name, createLinkedJobs(member.jobs, link)]));
  const clusterOf = (name: string) => clusters.get(name)!;
  return {
    inventory,
    cluster: async (name) => clusterOf(name),
    jobs: async (name) => jobs.get(name)!,
    runs: (name) =>
      createRunRecords({ cluster: clusterOf(name), stateDir: STATE_DIR, nowMs: () => world.clock.nowMs() }),
    runCommand,
    writePrivateFile: async (_cluster, name) => `/home/hbase/.temporal-hbase/private/${name}`,
    mintId: () =>
      random
        .between(2 ** 30, 2 ** 31 - 1)
        .toString(36)
        .padEnd(10, '0'),
    nowMs: () => world.clock.nowMs(),
    ...(expiryGraceMs === undefined ? {} : { expiryGraceMs }),
    ...(silentAfterMs === undefined ? {} : { silentAfterMs }),
  };
}

export const STATE_DIR = '/user/hbase/.temporal-hbase';

export function createModelInventory({ members }: ModelWorld): Inventory {
  const target = members.at(-1)!.state.name;
  const source = members[0]!.state.name;
  return {
    file: 'clusters.yaml',
    clusters: new Map(members.map(({ state }) => [state.name, toConfig(state.name)])),
    commands: new Map([toCommand(SWITCH_COMMAND, target), toCommand(FENCE_COMMAND, source)]),
    storageRoots: new Map(
      [STAGING_ROOT, BACKUP_ROOT].map((root) => [root, { name: root, uri: `hdfs://${source}:8020/${root}` }]),
    ),
    alerts: new Map(),
    digest: 'd'.repeat(64),
  };
}

function toConfig(name: string): ClusterConfig {
  return {
    name,
    gateways: [],
    programs: { hbase: '/opt/hbase/bin/hbase', hadoop: 'hadoop', hdfs: 'hdfs', yarn: 'yarn' },
    environment: {},
    copier: { kind: 'distcp', options: [] },
    mapReduce: { options: [] },
    workDir: '.temporal-hbase',
    stateDir: STATE_DIR,
    protected: false,
    overrides: {},
  };
}

function toCommand(name: string, runOn: string): [string, NamedCommand] {
  return [name, { name, runOn, argv: [`/opt/bin/${name}`], check: [`/opt/bin/${name}`, 'check'], timeoutMs: 10_000 }];
}
