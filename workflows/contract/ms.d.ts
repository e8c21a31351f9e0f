/**
 * The SDK types its durations by `ms`, whose package hides its own types behind `exports`: without this shim
 * `startToCloseTimeout: 'banana'` compiles.
 */
declare module 'ms' {
  type Unit =
    | 'milliseconds'
    | 'millisecond'
    | 'ms'
    | 'seconds'
    | 'second'
    | 's'
    | 'minutes'
    | 'minute'
    | 'm'
    | 'hours'
    | 'hour'
    | 'h'
    | 'days'
    | 'day'
    | 'd';
  export type StringValue = `${number}` | `${number}${Unit}` | `${number} ${Unit}`;
}
