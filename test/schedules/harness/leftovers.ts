import { STATE_DIR } from '../../model/model-deps.ts';
import type { TableState } from '../../model/state.ts';
import { MADE_BY_SOMEBODY } from './accidents.ts';
import type { ModelMember, ModelWorld } from '../../model/world.ts';

/** Everything of a world that a run must leave as it was, as lines to compare (I5, I6). */
export type Inventory = Map<string, string>;

export function takeInventory(world: ModelWorld): Inventory {
  return new Map(world.members.flatMap(listMember));
}

function listMember({ state }: ModelMember): [string, string][] {
  const line = (kind: string, subject: string, value = ''): [string, string] => [
    `${state.name} ${kind} ${subject}`,
    value,
  ];
  const files = [...state.fileSystem.nodes.keys()];
  return [
    ...[...state.namespaces].map((name) => line('namespace', name)),
    ...[...state.peers.values()].map(({ id, enabled, tables }) =>
      line('peer', id, JSON.stringify({ enabled, tables })),
    ),
    ...state.queues
      .filter(({ peer }) => !state.peers.has(peer))
      .map(({ id, server }) => line('queue', `${id} of ${server}`)),
    ...files.filter((path) => path.includes('/.hbase-snapshot/')).map((path) => line('snapshot', path)),
    ...files
      .filter((path) => path.startsWith(STATE_DIR) || path.startsWith('/staging'))
      .map((path) => line('file', path)),
    ...[...state.tables.values()]
      .filter(isOfTheStory)
      .flatMap((table) => [
        line('table', table.name, `regions ${table.regions.map(({ startKey }) => startKey).length > 0}`),
        line('fence', table.name, `readOnly ${table.readOnly} enabled ${table.enabled}`),
        line('scope', table.name, JSON.stringify([...table.families.values()].map(({ name, scope }) => [name, scope]))),
        line('attributes', table.name, JSON.stringify(table.attributes)),
      ]),
  ];
}

function isOfTheStory({ attributes }: TableState): boolean {
  return attributes[MADE_BY_SOMEBODY] === undefined;
}

export interface Expectation {
  /** Tables that were cut over. */
  cutOver: string[];
  /** The run was undone: its target tables are gone, or kept and named. */
  keptTargetTables: boolean;
  /** What the run named as left on purpose. */
  residues: readonly string[];
}

/** What differs from before and is not what the ending allows. */
export function listLeftovers(
  before: Inventory,
  after: Inventory,
  { cutOver, keptTargetTables, residues }: Expectation,
): string[] {
  const mayStay = (key: string): boolean => {
    const [cluster, kind, subject] = key.split(' ');
    if (kind === 'snapshot' && residues.some((residue) => residue.includes(subject!.replace('/data.manifest', ''))))
      return true;
    if (cluster === 'old') return kind === 'fence' && cutOver.includes(subject!);
    const isTable = ['table', 'fence', 'scope', 'attributes'].includes(kind!);
    if (isTable && cutOver.includes(subject!)) return true;
    return keptTargetTables && (isTable || kind === 'namespace') && !subject!.includes('thb_');
  };
  const added = [...after].filter(([key, value]) => before.get(key) !== value && !mayStay(key));
  const gone = [...before].filter(([key]) => !after.has(key) && !mayStay(key));
  return [
    ...added.map(([key, value]) => `I5: left or changed: ${key} ${value} (was ${before.get(key) ?? 'not there'})`),
    ...gone.map(([key]) => `I6: gone: ${key}`),
    ...judgeTargetTables(after, cutOver),
  ];
}

/** A table that was cut over is open, unscoped and without our switches. */
function judgeTargetTables(after: Inventory, cutOver: string[]): string[] {
  return cutOver.flatMap((table) => {
    const is = (kind: string): string => after.get(`new ${kind} ${table}`) ?? 'absent';
    return [
      ...(is('fence') === 'readOnly false enabled true' ? [] : [`I4: ${table} on the target is ${is('fence')}`]),
      ...(is('attributes') === '{}' ? [] : [`I5: ${table} on the target keeps ${is('attributes')}`]),
      ...(/[1-9]\]/.test(is('scope')) ? [`I5: ${table} on the target keeps scope ${is('scope')}`] : []),
    ];
  });
}
