import { resolve } from 'node:path';
import { checkInventory } from './check-inventory.ts';
import { type FileKind, parseConfigFile, readConfigFile, refuseConfigFile } from './config-file.ts';
import { digestInventory } from './digest.ts';
import type { Inventory } from './inventory.ts';
import { toAlertTarget, toClusterConfig, toNamedCommand } from './normalise.ts';
import { inventorySchema, KNOWN_FIELDS } from './schema.ts';

const CLUSTERS_FILE: FileKind<typeof inventorySchema> = {
  what: 'clusters file',
  code: 'inventory.invalid',
  schema: inventorySchema,
  knownFields: KNOWN_FIELDS,
  secretFix:
    'Put it into an environment variable of the worker and name that in passwordEnv, passphraseEnv, urlEnv or headersEnv, or use keyFile.',
  example: `clusters:
  old:
    ssh: { hosts: [gw1.old.example.org], user: ops, keyFile: ~/.ssh/id_ed25519 }
    sudoUser: hbase
  new:
    ssh: { hosts: [gw1.new.example.org], user: ops, keyFile: ~/.ssh/id_ed25519 }
    sudoUser: hbase
`,
};

/**
 * Reads and checks the clusters file.
 *
 * @throws Failure `inventory.invalid` with every problem at once, each with file, line, column, value and rule.
 */
export function loadInventory(file: string): Inventory {
  const path = resolve(file);
  return parseInventory(path, readConfigFile(CLUSTERS_FILE, path));
}

export function parseInventory(file: string, text: string): Inventory {
  const { data, source } = parseConfigFile(CLUSTERS_FILE, { file, text });
  const {
    clusters: clusterInputs,
    commands: commandInputs = {},
    storageRoots: rootInputs = {},
    alerts: alertInputs = {},
  } = data;
  const clusters = mapValues(clusterInputs, (name, input) => toClusterConfig(name, { input, file }));
  const problems = checkInventory({ input: data, clusters, source });
  if (problems.length > 0) throw refuseConfigFile(CLUSTERS_FILE, { file, problems });
  const commands = mapValues(commandInputs, toNamedCommand);
  const storageRoots = mapValues(rootInputs, (name, { uri }) => ({ name, uri }));
  const alerts = mapValues(alertInputs, (name, input) => toAlertTarget(name, { input, file }));
  // Where alerts go is no part of the digest: a change of it must not hold what runs.
  const digest = digestInventory({ clusters, commands, storageRoots });
  return { file, clusters, commands, storageRoots, alerts, digest };
}

function mapValues<I, O>(inputs: Record<string, I>, convert: (name: string, input: I) => O): Map<string, O> {
  return new Map(Object.entries(inputs).map(([name, input]) => [name, convert(name, input)]));
}
