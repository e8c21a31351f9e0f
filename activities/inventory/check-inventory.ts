import { statSync } from 'node:fs';
import type { Problem } from '../../workflows/contract/failures.ts';
import type { ClusterConfig, SshTarget } from './inventory.ts';
import { isOpenToOthers } from './private-file.ts';
import { toProblem } from './problems.ts';
import type { InventoryFile, JumpInput, SshInput } from './schema.ts';
import type { YamlSource } from './source.ts';

type Path = readonly string[];

interface CheckedFile {
  input: InventoryFile;
  clusters: Map<string, ClusterConfig>;
  source: YamlSource;
}

/** Rules that join several fields, or that need a look at the worker's files. */
export function checkInventory({ input, clusters, source }: CheckedFile): Problem[] {
  return [
    ...Object.entries(input.clusters).flatMap(([name, { ssh }]) => {
      const target = clusters.get(name)?.gateways[0];
      return target === undefined ? [] : checkSsh(ssh, { target, path: ['clusters', name, 'ssh'], source });
    }),
    ...Object.entries(input.commands ?? {}).flatMap(([name, { runOn }]) => {
      if (clusters.has(runOn)) return [];
      return [
        toProblem(['commands', name, 'runOn'], {
          message: `must be a cluster of this file: ${[...clusters.keys()].join(', ')}`,
          source,
        }),
      ];
    }),
    ...Object.entries(input.alerts ?? {}).flatMap(([name, target]) => checkAlert(name, { target, source })),
    ...(clusters.size === 0 ? [toProblem(['clusters'], { message: 'must name at least one cluster', source })] : []),
  ];
}

function checkAlert(
  name: string,
  { target, source }: { target: NonNullable<InventoryFile['alerts']>[string]; source: YamlSource },
): Problem[] {
  const { webhook, command } = target;
  const urls = [webhook?.url, webhook?.urlEnv, webhook?.urlFile].filter((given) => given !== undefined);
  return [
    ...(webhook === undefined && command === undefined
      ? [toProblem(['alerts', name], { message: 'must have a webhook or a command, or both', source })]
      : []),
    ...(webhook !== undefined && urls.length !== 1
      ? [
          toProblem(['alerts', name, 'webhook'], {
            message: 'must have exactly one of url, urlEnv and urlFile',
            source,
          }),
        ]
      : []),
  ];
}

function checkSsh(
  ssh: SshInput | JumpInput,
  { target, path, source }: { target: SshTarget; path: Path; source: YamlSource },
): Problem[] {
  const problem = (field: string | undefined, message: string): Problem[] => [
    toProblem(field === undefined ? path : [...path, field], { message, source }),
  ];
  const hosts = 'hosts' in ssh ? ssh.hosts : undefined;
  return [
    ...(hosts === undefined && ssh.host === undefined
      ? problem(undefined, 'must have "host", or "hosts" in order of preference')
      : []),
    ...(hosts !== undefined && ssh.host !== undefined ? problem('host', 'must not stand beside "hosts"') : []),
    ...(hasLogin(ssh) ? [] : problem(undefined, 'must have one of keyFile, useAgent, passwordEnv')),
    ...(target.keyFile === undefined
      ? []
      : checkKeyFile(target.keyFile).flatMap((message) => problem('keyFile', message))),
    ...(ssh.jump === undefined || target.jump === undefined
      ? []
      : checkSsh(ssh.jump, { target: target.jump, path: [...path, 'jump'], source })),
  ];
}

function hasLogin({ keyFile, useAgent, passwordEnv }: JumpInput): boolean {
  return keyFile !== undefined || useAgent === true || passwordEnv !== undefined;
}

function checkKeyFile(file: string): string[] {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return [`must be a private key; there is no file ${file}`];
  return isOpenToOthers(stat) ? [`must not be readable by others: run \`chmod 600 ${file}\``] : [];
}
