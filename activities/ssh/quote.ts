/** An argument that no process can carry: argv ends at NUL. */
export class UnquotableArgument extends Error {
  override readonly name = 'UnquotableArgument';
}

/** Characters that mean nothing to a POSIX shell, so that commands shown in failures stay readable. */
const PLAIN = /^[A-Za-z0-9_@%+:,./-]+$/;

/** Quotes one argument for a POSIX shell: inside single quotes nothing is special but the single quote. Refuses NUL. */
export function quote(argument: string): string {
  if (argument.includes('\0'))
    throw new UnquotableArgument('An argument contains a NUL byte, which argv cannot carry.');
  return PLAIN.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`;
}

/** The only way from an argv to a command line. */
export function quoteArgv(argv: readonly string[]): string {
  if (argv[0] === undefined || argv[0] === '') throw new UnquotableArgument('A command needs a program.');
  return argv.map(quote).join(' ');
}
