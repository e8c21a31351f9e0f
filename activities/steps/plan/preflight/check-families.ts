import type { Finding } from '../../../../workflows/contract/plan.ts';
import type { FamilyDescription } from '../../../hbase/cluster.ts';
import { findingIf, type PreflightFacts } from './facts.ts';
import { isBefore } from './versions.ts';

/** hbase.md §9: 14, 15, 28, 42 and hazards 18 and 24: what a copy or a compare cannot carry. */
export function checkFamilies({ tables, source, target }: PreflightFacts): Finding[] {
  const context = { cluster: source.name, targetVersion: target.facts.version };
  return tables.flatMap((table) =>
    table.source.families.flatMap((family) => checkFamily({ table: table.table, family }, context)),
  );
}

interface Context {
  cluster: string;
  targetVersion: string;
}

interface Rule {
  code: string;
  level: Finding['level'];
  applies: (family: FamilyDescription, context: Context) => boolean;
  message: string;
  fix: string;
}

const RULES: Rule[] = [
  {
    code: 'family.prefix-tree',
    level: 'error',
    applies: ({ dataBlockEncoding }, { targetVersion }) =>
      dataBlockEncoding === 'PREFIX_TREE' && !isBefore(targetVersion, '2.0.0'),
    message: 'is encoded as PREFIX_TREE, which HBase 2 cannot read',
    fix: 'Change DATA_BLOCK_ENCODING and run a major compaction on the source first.',
  },
  {
    code: 'family.mob',
    level: 'error',
    applies: ({ mob }) => mob,
    message: 'is a MOB family: exporting its files is not proven',
    fix: 'Leave the table out, or turn MOB off and compact it on the source first.',
  },
  {
    code: 'family.new-version-behavior',
    level: 'error',
    applies: ({ attributes }) => attributes['NEW_VERSION_BEHAVIOR']?.toLowerCase() === 'true',
    message: 'has NEW_VERSION_BEHAVIOR: what is visible depends on sequence ids, which replication does not keep',
    fix: 'Leave the table out, or turn NEW_VERSION_BEHAVIOR off on the source first.',
  },
  {
    code: 'family.encrypted',
    level: 'warn',
    applies: ({ encryption }) => encryption !== undefined && encryption !== null && encryption !== '',
    message: 'is encrypted: the target can only read its files with the same master key',
    fix: 'Give the target the same key provider and master key.',
  },
  {
    code: 'family.keep-deleted-cells',
    level: 'info',
    applies: ({ keepDeletedCells }) => keepDeletedCells !== 'FALSE' && keepDeletedCells !== '',
    message: 'keeps deleted cells: the compare sees what a plain reader sees, not these',
    fix: 'Nothing to do; the cells are copied all the same.',
  },
];

function checkFamily({ table, family }: { table: string; family: FamilyDescription }, context: Context): Finding[] {
  return RULES.flatMap(({ code, level, applies, message, fix }) =>
    findingIf(applies(family, context), () => ({
      code,
      level,
      table,
      cluster: context.cluster,
      message: `${table}, family ${family.name}, ${message}.`,
      fix,
    })),
  );
}
