import {
  FAILURES,
  type FailureCode,
  type FailureDetails,
  type FailurePlace,
  type Problem,
} from '../workflows/contract/failures.ts';

/** An error of the closed table. Its `message` says what failed and why; the hint of the table says what to do. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: FailureCode;
  readonly place: FailurePlace;
  readonly problems: Problem[];

  constructor(
    code: FailureCode,
    message: string,
    place: FailurePlace = {},
    options: { cause?: unknown; problems?: Problem[] } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.place = place;
    this.problems = options.problems ?? [];
  }

  get retryable(): boolean {
    return FAILURES[this.code].retry;
  }

  toDetails(): FailureDetails {
    return { code: this.code, ...this.place, ...(this.problems.length > 0 ? { problems: this.problems } : {}) };
  }
}
