/** The link that systemd has while a unit runs, which tells so without a process. */
export function runningLink(unit: string): string {
  return `/run/systemd/units/invocation:${unit}`;
}
