import { mkdir, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Failure } from '../../activities/failure.ts';
import { defineCommand } from '../define-command.ts';
import type { DemoOptions, FinishedDemo } from '../demo/demo-sandbox.ts';
import { renderHtmlReport } from '../render/html-report.ts';

interface DemoFlags {
  yes?: boolean;
  keep?: boolean;
  report?: string;
}

/** By name, loaded when it is run: what they need is heavy. */
const DEMOS: Record<string, () => Promise<(options: DemoOptions) => Promise<FinishedDemo>>> = {
  migration: async () => (await import('../demo/run-demo.ts')).runDemo,
  backup: async () => (await import('../demo/backup/run-backup-demo.ts')).runBackupDemo,
};

export const demoCommand = defineCommand<DemoFlags>({
  brief:
    'Move tables between two real clusters on this machine, or back them up and undo a mistake, under a live writer',
  examples: [
    'temporal-hbase demo',
    'temporal-hbase demo --yes --json',
    'temporal-hbase demo backup --yes',
    'temporal-hbase demo --keep',
  ],
  flags: {
    yes: {
      kind: 'boolean',
      brief: 'Agree to cutovers and restores without asking',
      optional: true,
      withNegated: false,
    },
    keep: { kind: 'boolean', brief: 'Leave everything up afterwards', optional: true, withNegated: false },
    report: {
      kind: 'parsed',
      parse: String,
      brief: 'Folder of the report; `report` by default',
      placeholder: 'folder',
      optional: true,
    },
  },
  arguments: [{ placeholder: 'which', brief: '`migration` (the default) or `backup`', optional: true }],
  async run({ flags, arguments: [which = 'migration'], context, output }) {
    const load = Object.hasOwn(DEMOS, which) ? DEMOS[which] : undefined;
    if (load === undefined) {
      throw new Failure('request.invalid', `there is no demo "${which}"; there is: ${Object.keys(DEMOS).join(', ')}`);
    }
    const run = await load();
    const isAttended = context.isTerminal && context.process.stdin?.isTTY === true;
    const demo = await run({ yes: flags.yes === true || !isAttended, keep: flags.keep === true, context, output });
    const file = await writeReport(flags.report ?? 'report', demo);
    for (const line of demo.lines) output.line(line);
    output.line(`  report               ${file}`);
    if (output.isJson) context.process.stdout.write(`${JSON.stringify(demo.result)}\n`);
    return demo.result.ok ? 0 : 1;
  },
});

/** Answers the page to open. */
async function writeReport(folder: string, { name, result, reports, page }: FinishedDemo): Promise<string> {
  const file = resolve(folder, name);
  await mkdir(resolve(folder), { recursive: true });
  await writeFile(`${file}.json`, `${JSON.stringify({ result, reports }, null, 2)}\n`);
  await writeFile(`${file}.html`, renderHtmlReport(page));
  return `${file}.html`;
}
