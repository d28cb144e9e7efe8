import { NecoError } from '@neco/core';

/** The Debian releases that boot servers run, by their code names, the default first. */
export const suites = ['trixie', 'bookworm'] as const;

export type Suite = (typeof suites)[number];

/** What a server runs when nobody chooses: `NECO_DC_SUITE` runs the scenarios on another release. */
export function defaultSuite(environment: NodeJS.ProcessEnv = process.env): Suite {
  const chosen = environment['NECO_DC_SUITE'];
  return chosen === undefined || chosen === '' ? suites[0] : parseSuite(chosen);
}

/** So many suites, the given ones again and again. @throws NecoError USAGE when none is given. */
export function inTurn(given: readonly Suite[], count: number): Suite[] {
  if (given.length === 0) throw new NecoError('USAGE', 'no Debian release given');
  return Array.from({ length: count })
    .flatMap(() => given)
    .slice(0, count);
}

/** @throws NecoError USAGE for anything but the name of such a release. */
export function parseSuite(text: string): Suite {
  const suite = suites.find((name) => name === text);
  if (suite !== undefined) return suite;
  throw new NecoError('USAGE', `${JSON.stringify(text)} is not a Debian release that boot servers run`, {
    hint: `use ${suites.join(' or ')}`,
  });
}
