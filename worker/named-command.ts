import type { CommandCall, CommandResult } from '../activities/deps.ts';
import { Failure } from '../activities/failure.ts';
import type { Inventory } from '../activities/inventory/inventory.ts';
import type { Gateway } from '../activities/ssh/gateway.ts';
import type { ClusterName } from '../workflows/contract/names.ts';

interface NamedCommandCall {
  inventory: Inventory;
  name: string;
  call: CommandCall;
  gatewayOf(cluster: ClusterName): Gateway;
}

const TAIL_BYTES = 1_024;

/**
 * Runs a command that the clusters file names: workflow inputs can only refer to it, never bring an argv of their own
 * (hazard 32). It gets one JSON object on its standard input, and the action as its last argument.
 */
export async function runNamedCommand({ inventory, name, call, gatewayOf }: NamedCommandCall): Promise<CommandResult> {
  const command = inventory.commands.get(name);
  if (command === undefined) {
    const known = [...inventory.commands.keys()].join(', ') || 'none';
    throw new Failure('request.invalid', `no command "${name}" in ${inventory.file}; it names: ${known}`);
  }
  const argv = call.check === true ? (command.check ?? []) : [...command.argv, ...toActionArgument(call)];
  if (argv.length === 0) return { exitCode: 0, outputTail: `the command "${name}" has no check` };
  const result = await gatewayOf(command.runOn).exec(argv, {
    stdin: `${JSON.stringify(call.input)}\n`,
    timeoutMs: command.timeoutMs,
    ...(call.signal === undefined ? {} : { signal: call.signal }),
  });
  return {
    exitCode: result.exitCode ?? 128,
    outputTail: `${result.stdout}${result.stderr}`.slice(-TAIL_BYTES),
  };
}

/** A client switch has one meaning only; a fence command must be told which way. */
function toActionArgument({ action }: CommandCall): string[] {
  return action === 'fence' || action === 'unfence' ? [action] : [];
}
