import { buildCommand, type Command, type FlagParametersForType, type TypedCommandParameters } from '@stricli/core';
import type { ConnectionFlags } from './connect.ts';
import type { AppContext } from './context.ts';
import { createOutput, type Output } from './output.ts';
import { formatFailure } from './render/failure.ts';
import { toReportedFailure } from './reported-failure.ts';

export interface CommonFlags extends ConnectionFlags {
  json?: boolean;
}

const text = (brief: string, placeholder: string) =>
  ({ kind: 'parsed', parse: String, brief, placeholder, optional: true }) as const;

const COMMON_FLAGS: FlagParametersForType<CommonFlags, AppContext> = {
  address: text('Temporal server, host:port (TEMPORAL_ADDRESS)', 'host:port'),
  namespace: text('Temporal namespace (TEMPORAL_NAMESPACE)', 'name'),
  profile: text('Profile of temporal.toml (TEMPORAL_PROFILE)', 'name'),
  taskQueue: text('Task queue of the workers (TEMPORAL_HBASE_TASK_QUEUE)', 'name'),
  json: { kind: 'boolean', brief: 'Print one JSON document on stdout', optional: true, withNegated: false },
};

interface PositionalArgument {
  placeholder: string;
  brief: string;
  optional?: boolean;
}

export interface CommandDefinition<Flags> {
  brief: string;
  /** Shown by --help after the flags. */
  examples: string[];
  description?: string;
  flags: FlagParametersForType<Flags, AppContext>;
  /** Names and meanings of positional arguments; `optional` ones come last. */
  arguments?: PositionalArgument[];
  run(call: CommandCall<Flags>): Promise<number | void>;
}

export interface CommandCall<Flags> {
  flags: Flags & CommonFlags;
  arguments: string[];
  context: AppContext;
  output: Output;
}

/**
 * One command: common flags, examples in its help, and one way to fail. `run` returns an exit code or nothing for 0.
 */
export function defineCommand<Flags extends object>(definition: CommandDefinition<Flags>): Command<AppContext> {
  const [taken] = Object.keys(COMMON_FLAGS).filter((name) => name in definition.flags);
  // It would take the other's place, e.g. a namespace of HBase that of Temporal.
  if (taken !== undefined) throw new TypeError(`a command cannot have a flag "${taken}" of its own`);
  // Stricli types a tuple per command; ours comes from data, and every positional argument is a string.
  const parameters = {
    flags: { ...definition.flags, ...COMMON_FLAGS },
    positional: { kind: 'tuple', parameters: (definition.arguments ?? []).map(toPositional) },
  } as unknown as TypedCommandParameters<Readonly<Record<string, unknown>>, string[], AppContext>;
  return buildCommand<Readonly<Record<string, unknown>>, string[], AppContext>({
    docs: {
      brief: definition.brief,
      fullDescription: toFullDescription(definition),
      customUsage: [toUsage(definition.arguments ?? [])],
    },
    parameters,
    async func(this: AppContext, parsed: Readonly<Record<string, unknown>>, ...args: string[]) {
      const flags = parsed as Flags & CommonFlags;
      const output = createOutput(this, flags.json === true);
      try {
        const exitCode = await definition.run({ flags, arguments: args, context: this, output });
        this.process.exitCode = exitCode ?? 0;
      } catch (error) {
        const failure = toReportedFailure(error);
        output.fail(formatFailure(failure), { error: failure });
        this.process.exitCode = failure.exitCode;
      }
    },
  });
}

/** The flags have a section of their own; in the usage line of every command they would bury the arguments. */
function toUsage(positional: PositionalArgument[]): string {
  return [
    ...positional.map(({ placeholder, optional }) => (optional ? `[${placeholder}]` : `<${placeholder}>`)),
    '[flags]',
  ].join(' ');
}

function toPositional({ placeholder, brief, optional }: PositionalArgument) {
  return { parse: String, brief, placeholder, optional: optional === true };
}

function toFullDescription({
  brief,
  description,
  examples,
}: {
  brief: string;
  description?: string;
  examples: string[];
}): string {
  const lines = [description ?? brief, '', 'EXAMPLES', ...examples.map((example) => `  ${example}`)];
  return lines.join('\n');
}
