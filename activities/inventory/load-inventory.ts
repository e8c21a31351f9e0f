import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Problem } from '../../workflows/contract/failures.ts';
import { Failure } from '../failure.ts';
import { checkInventory } from './check-inventory.ts';
import { digestInventory } from './digest.ts';
import type { Inventory } from './inventory.ts';
import { toClusterConfig, toNamedCommand } from './normalise.ts';
import { toFileProblems } from './problems.ts';
import { inventorySchema } from './schema.ts';
import { parseYaml } from './source.ts';

/**
 * Reads and checks the clusters file.
 *
 * @throws Failure `inventory.invalid` with every problem at once, each with file, line, column, value and rule.
 */
export function loadInventory(file: string): Inventory {
  const path = resolve(file);
  return parseInventory(path, readText(path));
}

export function parseInventory(file: string, text: string): Inventory {
  const source = parseYaml(file, text);
  if (source.errors.length > 0) {
    throw refuse(
      file,
      source.errors.map(({ at, message }) => ({ field: at, message: `is not YAML: ${message}` })),
    );
  }
  const parsed = inventorySchema.safeParse(source.value ?? {});
  if (!parsed.success) throw refuse(file, toFileProblems(parsed.error.issues, source));
  const { clusters: clusterInputs, commands: commandInputs = {}, storageRoots: rootInputs = {} } = parsed.data;
  const clusters = mapValues(clusterInputs, (name, input) => toClusterConfig(name, { input, file }));
  const problems = checkInventory({ input: parsed.data, clusters, source });
  if (problems.length > 0) throw refuse(file, problems);
  const commands = mapValues(commandInputs, toNamedCommand);
  const storageRoots = mapValues(rootInputs, (name, { uri }) => ({ name, uri }));
  return { file, clusters, commands, storageRoots, digest: digestInventory({ clusters, commands, storageRoots }) };
}

function mapValues<I, O>(inputs: Record<string, I>, convert: (name: string, input: I) => O): Map<string, O> {
  return new Map(Object.entries(inputs).map(([name, input]) => [name, convert(name, input)]));
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Failure(
      'inventory.invalid',
      `Cannot read the clusters file ${path}: ${String(error)}. ${HOW_TO_MAKE_ONE}`,
      {},
      { cause: error },
    );
  }
}

const HOW_TO_MAKE_ONE = `Make one, e.g.:

clusters:
  old:
    ssh: { hosts: [gw1.old.example.org], user: ops, keyFile: ~/.ssh/id_ed25519 }
    sudoUser: hbase
  new:
    ssh: { hosts: [gw1.new.example.org], user: ops, keyFile: ~/.ssh/id_ed25519 }
    sudoUser: hbase
`;

function refuse(file: string, problems: Problem[]): Failure {
  const lines = problems.map(({ field, message }) => `  ${field} ${message}`);
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  return new Failure(
    'inventory.invalid',
    `The clusters file ${file} has ${count}:\n${lines.join('\n')}`,
    {},
    { problems },
  );
}
