/** Receives what the sandbox does, a line at a time, e.g. `HBase 2.4.17: resolving jars with Maven (12 s)`. */
export type OnProgress = (line: string) => void;

/** A reporter of one subject: each message gets the seconds since the reporter was made. */
export function createReporter(subject: string, onProgress: OnProgress | undefined): (message: string) => void {
  const startedMs = performance.now();
  return (message) => {
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    onProgress?.(`${subject}: ${message}${seconds > 0 ? ` (${seconds} s)` : ''}`);
  };
}

/** Reports the message now and every five seconds while the work goes on. */
export async function reportWhile<T>(report: (message: string) => void, message: string, work: Promise<T>): Promise<T> {
  report(message);
  const ticker = setInterval(() => report(message), 5000);
  try {
    return await work;
  } finally {
    clearInterval(ticker);
  }
}
