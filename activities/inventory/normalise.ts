import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { AlertTarget, ClusterConfig, NamedCommand, SshTarget } from './inventory.ts';
import type { ClusterInput, InventoryFile, JumpInput, SshInput } from './schema.ts';

const SSH_PORT = 22;
const COMMAND_TIMEOUT_MS = 60_000;
const ALERT_TIMEOUT_MS = 10_000;

/** Fills in what the file leaves out. Local paths become absolute, relative to the clusters file. */
export function toClusterConfig(name: string, { input, file }: { input: ClusterInput; file: string }): ClusterConfig {
  const { ssh, programs = {}, environment = {}, copier, mapReduce, overrides = {} } = input;
  return {
    name,
    gateways: (ssh.hosts ?? [ssh.host ?? '']).map((host) => toTarget({ ...ssh, host }, file)),
    ...pick(input, ['sudoUser', 'kerberos', 'stateDir']),
    programs: {
      hbase: programs.hbase ?? 'hbase',
      hadoop: programs.hadoop ?? 'hadoop',
      hdfs: programs.hdfs ?? 'hdfs',
      yarn: programs.yarn ?? 'yarn',
    },
    environment,
    copier: { kind: copier?.kind ?? 'distcp', options: copier?.options ?? [] },
    mapReduce: { ...pick(mapReduce ?? {}, ['queue']), options: mapReduce?.options ?? [] },
    workDir: input.workDir ?? '.temporal-hbase',
    protected: input.protected ?? false,
    overrides: pick(overrides, ['clusterKey', 'rootDir']),
  };
}

export function toNamedCommand(name: string, input: NonNullable<InventoryFile['commands']>[string]): NamedCommand {
  const { runOn, argv, timeout = COMMAND_TIMEOUT_MS } = input;
  return { name, runOn, argv, ...pick(input, ['check']), timeoutMs: timeout };
}

export function toAlertTarget(
  name: string,
  { input, file }: { input: NonNullable<InventoryFile['alerts']>[string]; file: string },
): AlertTarget {
  const { webhook, command } = input;
  const urlFile = webhook?.urlFile === undefined ? {} : { urlFile: toLocalPath(webhook.urlFile, file) };
  return {
    name,
    ...(webhook && {
      webhook: {
        ...pick(webhook, ['url', 'urlEnv']),
        ...urlFile,
        headers: webhook.headers ?? {},
        headersEnv: webhook.headersEnv ?? {},
        timeoutMs: webhook.timeout ?? ALERT_TIMEOUT_MS,
      },
    }),
    ...(command && {
      command: {
        argv: command.argv,
        passEnv: command.passEnv ?? [],
        timeoutMs: command.timeout ?? ALERT_TIMEOUT_MS,
      },
    }),
  };
}

function toTarget(input: SshInput | JumpInput, file: string): SshTarget {
  const { host, port } = splitHost(input.host ?? '', input.port ?? SSH_PORT);
  const { user, keyFile, knownHosts, jump, hostKeys = [] } = input;
  return {
    host,
    port,
    user,
    ...(keyFile === undefined ? {} : { keyFile: toLocalPath(keyFile, file) }),
    ...pick(input, ['passphraseEnv', 'passwordEnv', 'useAgent']),
    hostKeys,
    ...(knownHosts === undefined ? {} : { knownHostsFile: toLocalPath(knownHosts, file) }),
    ...(jump === undefined ? {} : { jump: toTarget(jump, file) }),
  };
}

/** `host`, `host:port` or `[v6]:port`; a port of its own overrules the common one. */
export function splitHost(text: string, commonPort: number): { host: string; port: number } {
  const match = /^(?:\[(?<v6>.+)\]|(?<host>[^:]+))(?::(?<port>\d+))?$/.exec(text);
  const { v6, host, port } = match?.groups ?? {};
  return { host: v6 ?? host ?? text, port: port === undefined ? commonPort : Number(port) };
}

function toLocalPath(path: string, file: string): string {
  return path.startsWith('~/') ? join(homedir(), path.slice(2)) : resolve(dirname(file), path);
}

type Present<T, K extends keyof T> = { [P in K]?: Exclude<T[P], undefined> };

/** The named fields that are there: an optional field is absent rather than undefined. */
function pick<T extends object, K extends keyof T>(from: T, fields: readonly K[]): Present<T, K> {
  return Object.fromEntries(
    fields.filter((field) => from[field] !== undefined).map((field) => [field, from[field]]),
  ) as Present<T, K>;
}
