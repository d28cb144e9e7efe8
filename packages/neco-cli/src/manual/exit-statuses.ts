/** The exit statuses for the manual page. The README of this package has the same text, which a test checks. */
export const exitStatuses: readonly (readonly [status: string, meaning: string])[] = [
  ['0', 'success; neco status: the cluster is healthy'],
  ['1', 'failure; neco status: there is a fault'],
  ['2', 'wrong usage or invalid configuration; nothing was changed'],
  ['3', 'preflight failed; nothing was changed'],
  ['4', 'refused, because it would lose the quorum or data'],
  ['130, 143', 'stopped immediately by a second Ctrl-C or SIGTERM'],
];
