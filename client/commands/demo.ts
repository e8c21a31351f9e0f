import { mkdir, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { formatDemoResult, toReportPage } from '../demo/demo-result.ts';
import { defineCommand } from '../define-command.ts';
import { renderHtmlReport } from '../render/html-report.ts';

interface DemoFlags {
  yes?: boolean;
  keep?: boolean;
  report?: string;
}

export const demoCommand = defineCommand<DemoFlags>({
  brief: 'Move tables between two real clusters on this machine, with a live writer and a killed worker',
  examples: ['temporal-hbase demo', 'temporal-hbase demo --yes --json', 'temporal-hbase demo --keep'],
  flags: {
    yes: { kind: 'boolean', brief: 'Approve the cutovers without asking', optional: true, withNegated: false },
    keep: { kind: 'boolean', brief: 'Leave everything up afterwards', optional: true, withNegated: false },
    report: {
      kind: 'parsed',
      parse: String,
      brief: 'Folder of the report; `report` by default',
      placeholder: 'folder',
      optional: true,
    },
  },
  async run({ flags, context, output }) {
    const { runDemo } = await import('../demo/run-demo.ts');
    const isAttended = context.isTerminal && context.process.stdin?.isTTY === true;
    const { result, reports } = await runDemo({
      yes: flags.yes === true || !isAttended,
      keep: flags.keep === true,
      context,
      output,
    });
    const folder = resolve(flags.report ?? 'report');
    await mkdir(folder, { recursive: true });
    await writeFile(`${folder}/demo.json`, `${JSON.stringify({ result, reports }, null, 2)}\n`);
    await writeFile(`${folder}/demo.html`, renderHtmlReport(toReportPage(result, reports)));
    for (const line of formatDemoResult(result)) output.line(line);
    output.line(`  report               ${folder}/demo.html`);
    if (output.isJson) context.process.stdout.write(`${JSON.stringify(result)}\n`);
    return result.ok ? 0 : 1;
  },
});
