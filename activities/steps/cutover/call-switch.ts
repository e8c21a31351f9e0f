import type { CommandCall } from '../../deps.ts';
import type { StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import { keepAlive } from '../../keep-alive.ts';

/** Runs the named command that switches clients, or its check. A non-zero exit is a no. */
export async function callSwitch(
  { name, call }: { name: string; call: CommandCall },
  { ctx, deps }: StepWorld,
): Promise<{ detail: string }> {
  const command = deps.inventory.commands.get(name);
  if (!command) {
    const message = `cutover.switchClients: command ${name} is not in the clusters file ${deps.inventory.file}.`;
    throw new Failure('request.invalid', message);
  }
  const what = call.check ? `${name} (check)` : name;
  const { exitCode, outputTail } = await keepAlive(
    { world: { ctx, deps }, cluster: command.runOn, phase: `running ${what}` },
    () => deps.runCommand(name, { ...call, signal: ctx.signal }),
  );
  if (exitCode === 0) return { detail: outputTail };
  // A check stands before the fence, where failing costs nothing; after the mark the switch is tried until it works.
  throw new Failure(
    call.check ? 'cutover.failed' : 'switch.failed',
    `Command ${what} ended with exit ${exitCode}: ${lastLine(outputTail)}`,
    {
      cluster: command.runOn,
      command: what,
      logTail: outputTail,
    },
  );
}

/** What a person reads first; the failure carries the rest. */
function lastLine(output: string): string {
  return output.trim().split('\n').at(-1)?.slice(-200) || 'it printed nothing';
}
