/** What a neco program ends with, for the manual; the README of this package says the same. */
export const exitStatuses: readonly (readonly [status: string, meaning: string])[] = [
  ['0', 'done; neco status: healthy'],
  ['1', 'failed; neco status: there is a fault'],
  ['2', 'wrong usage or bad configuration; nothing was changed'],
  ['3', 'preflight failed; nothing was changed'],
  ['4', 'refused, because it would lose quorum or data'],
  ['130, 143', 'ended at once by a second Ctrl-C or SIGTERM'],
];
