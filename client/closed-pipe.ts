/** What a shell says of a program that a closed pipe ended, e.g. in `status | head -1`. */
const EXIT_CODE = 128 + 13;

/** Whoever read the output has left: there is nobody to tell anything, so the program ends, without a stack trace. */
export function endQuietlyOnClosedPipe(host: NodeJS.Process): void {
  for (const stream of [host.stdout, host.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      host.exit(EXIT_CODE);
    });
  }
}
