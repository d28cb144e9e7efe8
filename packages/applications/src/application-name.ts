import { NecoError } from '@neco/core';
import { reservedNames } from './reserved-names.ts';

const pattern = /^[a-z][a-z0-9-]{0,31}$/;

const rules: readonly { matches: (name: string, prefix: string) => boolean; why: string; hint: string }[] = [
  {
    matches: (name) => !pattern.test(name),
    why: 'it must be 1 to 32 lower-case letters, digits and hyphens, starting with a letter',
    hint: 'choose a name that is valid as an etcd user, a Linux user, a Vault role, a certificate name and a directory',
  },
  {
    matches: (name) => name.endsWith('-') || name.startsWith('xn--'),
    why: 'Vault signs no certificate with a name that ends with a hyphen or begins with xn--',
    hint: 'choose a name that is a valid host name',
  },
  {
    matches: (name, prefix) => prefix.split('/')[1] === name,
    why: "the keys of neco itself lie there, so that the application could read the cluster's own keys",
    hint: 'choose a name other than the first part of the prefix',
  },
];

/**
 * Refuses what cannot be the name of an application, or must not be.
 * @param prefix the root of neco's keys, with its slashes put right; without it that one rule is not applied.
 * @param options `isKnown`: the application is there already; made by an earlier version, it may have a name that is reserved now.
 * @throws NecoError APPLICATION_NAME_INVALID with the reason
 */
export function checkApplicationName(name: string, prefix = '', { isKnown = false } = {}): void {
  const broken = rules.find(({ matches }) => matches(name, prefix)) ?? reservationOf(name, isKnown);
  if (broken === undefined) return;
  throw new NecoError(
    'APPLICATION_NAME_INVALID',
    `${JSON.stringify(name)} is not a valid application name: ${broken.why}`,
    { hint: broken.hint },
  );
}

function reservationOf(name: string, isKnown: boolean): { why: string; hint: string } | undefined {
  const found = reservedNames.find(
    ({ names, toleratesOld = false }) =>
      !(isKnown && toleratesOld) && names.some((pattern) => isMeant(pattern, name)),
  );
  return found === undefined
    ? undefined
    : { why: `it is reserved: ${found.why}`, hint: 'choose another name' };
}

function isMeant(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
