/** Returns a function that tells the seconds since this call, by a clock that never steps back. */
export function startStopwatch(): () => number {
  const start = process.hrtime.bigint();
  return () => Number(process.hrtime.bigint() - start) / 1e9;
}
